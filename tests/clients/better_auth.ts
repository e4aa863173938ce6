/**
 * better-auth as an authorization server, in memory, with one user; and that user, who consents to everything.
 *
 * @module
 */

import type { RequestListener } from "node:http";
import { DatabaseSync } from "node:sqlite";
import type { DevIssuer } from "../../src/dev_issuer/mod.ts";
import { listen, type Settings } from "./notes.ts";
import { peer } from "./peers.ts";

interface Auth {
  readonly options: unknown;
  readonly api: {
    signUpEmail(call: { readonly body: unknown }): Promise<unknown>;
  };
}

interface Migrations {
  runMigrations(): Promise<void>;
}

type Plugin = (options?: Readonly<Record<string, unknown>>) => unknown;

const { betterAuth } = await peer<{ betterAuth: (options: unknown) => Auth }>(
  "better-auth",
);
const { getMigrations } = await peer<{
  getMigrations: (options: unknown) => Promise<Migrations>;
}>("better-auth/db/migration");
const { toNodeHandler } = await peer<{
  toNodeHandler: (auth: Auth) => RequestListener;
}>("better-auth/node");
const { jwt } = await peer<{ jwt: Plugin }>("better-auth/plugins");
const { oauthProvider } = await peer<{ oauthProvider: Plugin }>(
  "@better-auth/oauth-provider",
);

const USER = { email: "ada@example.com", password: "correct horse" };

/** The resource for which it issues tokens that are not for ours. */
export const OTHER_RESOURCE = "http://localhost:1/other";

/** Starts it. What is set here beside the user and the pages is what docs/providers.md says has to be set. */
export async function startBetterAuth(
  { port, resource, scopes }: Settings,
): Promise<DevIssuer> {
  const origin = `http://localhost:${port}`;
  const resources = [resource, OTHER_RESOURCE];
  const auth = betterAuth({
    baseURL: origin,
    database: new DatabaseSync(":memory:"),
    emailAndPassword: { enabled: true },
    logger: { disabled: true },
    plugins: [
      jwt(),
      oauthProvider({
        allowDynamicClientRegistration: true,
        allowUnauthenticatedClientRegistration: true,
        clientRegistrationDefaultResources: resources,
        consentPage: "/consent",
        loginPage: "/sign-in",
        resources,
        scopes: ["openid", "offline_access", ...scopes],
      }),
    ],
    rateLimit: { enabled: false },
    secret: crypto.randomUUID() + crypto.randomUUID(),
    telemetry: { enabled: false },
  });
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();
  await auth.api.signUpEmail({ body: { ...USER, name: "Ada" } });
  const close = await listen(port, toNodeHandler(auth));
  return { issuer: `${origin}/api/auth`, close };
}

/** Signs in, consents, and comes back with the client's answer, as the two pages would that are not there. */
export async function browse(url: URL): Promise<URLSearchParams> {
  const { origin } = url;
  const signedIn = await fetch(`${origin}/api/auth/sign-in/email`, post(USER));
  const cookie = signedIn.headers.getSetCookie()
    .map((field) => field.split(";")[0]).join("; ");
  const consent = await urlIn(await fetch(url, { headers: { cookie } }), url);
  const accepted = await fetch(
    `${origin}/api/auth/oauth2/consent`,
    post({ accept: true, oauth_query: consent.search.slice(1) }, { cookie }),
  );
  return (await urlIn(accepted, url)).searchParams;

  function post(body: unknown, headers = {}): RequestInit {
    return {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", origin },
      body: JSON.stringify(body),
    };
  }
}

/** Where it sends a page's script. */
async function urlIn(response: Response, base: URL): Promise<URL> {
  const body = await response.json();
  if (typeof body.url === "string") return new URL(body.url, base);
  throw new Error(`better-auth answered ${JSON.stringify(body)}`);
}
