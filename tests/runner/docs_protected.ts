/**
 * The blocks of the documents that protect something.
 *
 * @module
 */
import {
  type Answer,
  below,
  byFetch,
  byLambda,
  byLambdas,
  byListener,
  byMethod,
  type Site,
} from "./docs_answers.ts";

const HELLO = "https://hello.example.com/mcp";
const NOTES = "https://notes.example.com/mcp";

/** Where they are, which resources they protect, and how a request comes to them. */
export const PROTECTED: readonly (readonly [
  place: string,
  resources: readonly string[],
  answerOf: (exports: never) => Answer | Promise<Answer>,
])[] = [
  ["README.md: Protect a server", ["http://localhost:3000/mcp"], byListener],
  [
    "README.md: Several servers on one origin",
    ["https://example.com/notes", "https://example.com/dates"],
    byFetch,
  ],
  ["README.md: Opaque tokens", [HELLO], byFetch],
  ["README.md: Providers without client registration", [HELLO], byFetch],
  ["docs/aws.md: One function", [NOTES], byLambda],
  [
    "docs/aws.md: The authorizer and the function behind it",
    [NOTES],
    byLambdas,
  ],
  [
    "docs/bridge.md: Use it",
    [NOTES],
    ({ serve }: { serve(env: Record<string, string>): Answer }) =>
      serve({
        BRIDGE_SECRET: "s".repeat(32),
        GITHUB_CLIENT_ID: "Iv1.0123",
        GITHUB_CLIENT_SECRET: "secret",
      }),
  ],
  ["docs/deploy/vm.md: The program", [NOTES], byListener],
  [
    "docs/deployments.md: Supabase Edge Functions",
    ["https://abcdefghijklmnopqrst.supabase.co/functions/v1/notes"],
    (site: Site) => below("/functions/v1", byFetch(site)),
  ],
  [
    "docs/deployments.md: Stages of API Gateway",
    ["https://id.execute-api.us-east-1.amazonaws.com/prod/mcp"],
    (exports: Parameters<typeof byLambda>[0]) =>
      below("/prod", byLambda(exports)),
  ],
  [
    "docs/deployments.md: The issuer is reached by another URL",
    [NOTES],
    byFetch,
  ],
  [
    "docs/deployments.md: Tokens name their issuer by another string",
    [NOTES],
    byFetch,
  ],
  [
    "docs/deployments.md: One server for two origins",
    [NOTES, "https://notes.example.net/mcp"],
    byFetch,
  ],
  ["docs/deployments.md: compression() delays events", [NOTES], byListener],
  [
    "docs/deployments.md: Repairing an issuer's metadata",
    [NOTES],
    byFetch,
  ],
  ["docs/dpop.md: DPoP", [NOTES], byFetch],
  ["docs/gateway.md: As a function", [NOTES], byFetch],
  ["docs/migration.md: After: protectedResource", [NOTES], byListener],
  [
    "docs/migration.md: From requireBearerAuth to a handler",
    [NOTES],
    byListener,
  ],
  ["docs/migration.md: From mcp-handler", [NOTES], byMethod],
  ["docs/providers.md: Providers", [NOTES], byFetch],
  ["docs/providers.md: Azure AD B2C", [NOTES], byFetch],
  ["docs/runtimes.md: Node.js", [NOTES], byListener],
  ["docs/runtimes.md: Express", [NOTES], byListener],
  ["docs/runtimes.md: Hono", [NOTES], byFetch],
  ["docs/runtimes.md: Vercel and Next.js", [NOTES], byMethod],
  ["docs/runtimes.md: Cloudflare Workers", [NOTES], byFetch],
  [
    "docs/runtimes.md: The MCP SDK v2, and MCP 2026-07-28",
    [HELLO],
    byFetch,
  ],
  ["docs/scopes.md: Scopes", [NOTES], ({ mcp }: { mcp: Answer }) => mcp],
];
