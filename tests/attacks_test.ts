import * as v2 from "@modelcontextprotocol/server";
// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/server/completable"
import { completable } from "@modelcontextprotocol/sdk/server/completable.js";
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import {
  McpServer,
  ResourceTemplate,
} from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/server/webStandardStreamableHttp"
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { z } from "zod";
import {
  FILES,
  HISTORY,
  LISTED,
  OPEN,
  UNLISTED,
} from "./support/cover_attacks.ts";
import { GUARDED, HARMLESS, type ServerKind } from "./support/attack.ts";
import { ATTACKED_POLICY, ATTACKS, SECRET } from "./support/attacks.ts";
import { callOf, protect, RESOURCE } from "./support/protected.ts";

/** Answers requests as a kind of server does, and says what it runs. */
type Serve = (
  request: Request,
  parsedBody: unknown,
  run: (name: string) => void,
) => Promise<Response>;

/** What a server under attack offers, by either version of the SDK. */
function offer(
  server: McpServer,
  sdk: {
    readonly completable: typeof completable;
    readonly ResourceTemplate: typeof ResourceTemplate;
  },
  run: (name: string) => void,
): void {
  for (const name of [HARMLESS, GUARDED]) {
    server.registerTool(name, {}, () => {
      run(name);
      return { content: [] };
    });
  }
  const a = sdk.completable(z.string(), () => {
    run(GUARDED);
    return [];
  });
  server.registerPrompt(GUARDED, { argsSchema: { a } }, () => {
    run(GUARDED);
    return { messages: [] };
  });
  server.registerResource("secret", SECRET, {}, () => {
    run(GUARDED);
    return { contents: [] };
  });
  const resource = (
    template: string,
    runs: (uri: URL, variables: Variables) => string,
  ): void => {
    const complete = { id: () => (run(GUARDED), []) };
    server.registerResource(
      template,
      new sdk.ResourceTemplate(template, { list: undefined, complete }),
      {},
      (uri, variables) => {
        run(runs(uri, variables));
        return { contents: [] };
      },
    );
  };
  resource(
    "notes://h/{id}",
    ({ pathname }) =>
      decodeURIComponent(pathname) === "/secret" ? GUARDED : HARMLESS,
  );
  server.registerResource("open", OPEN, {}, () => {
    run(HARMLESS);
    return { contents: [] };
  });
  resource(UNLISTED, () => GUARDED);
  resource(LISTED, () => HARMLESS);
  resource(HISTORY, () => GUARDED);
  resource(FILES, (_, { path }) => file(`${path}`));
}

type Variables = Readonly<Record<string, string | string[]>>;

/** Joins a path to `/public` as a file system does, and runs what it finds there. */
function file(path: string): string {
  const segments = ["public"];
  for (const segment of decodeURIComponent(path).split(/[\\/]/)) {
    if (segment === "..") segments.pop();
    else segments.push(segment);
  }
  return segments[0] === "public" ? HARMLESS : GUARDED;
}

const NAME = { name: "attacked", version: "1.0.0" };

const firstSdk: Serve = async (request, parsedBody, run) => {
  const server = new McpServer(NAME);
  offer(server, { completable, ResourceTemplate }, run);
  const transport = new WebStandardStreamableHTTPServerTransport({
    enableJsonResponse: true,
  });
  await server.connect(transport);
  const response = await transport.handleRequest(request, { parsedBody });
  await server.close();
  return response;
};

const secondSdk: Serve = async (request, parsedBody, run) => {
  const handler = v2.createMcpHandler(() => {
    const server = new v2.McpServer(NAME);
    // Its types have other names, and what is used of them is the same.
    offer(
      server as unknown as McpServer,
      v2 as unknown as {
        readonly completable: typeof completable;
        readonly ResourceTemplate: typeof ResourceTemplate;
      },
      run,
    );
    return server;
  });
  const response = await handler.fetch(request, { parsedBody });
  await response.clone().text();
  return response;
};

/** What somebody writes who has no SDK: a little lax everywhere, and not wrong for it. */
const hand: Serve = async (request, parsedBody, run) => {
  const tools: Record<string, () => void> = {
    [HARMLESS]: () => run(HARMLESS),
    [GUARDED]: () => run(GUARDED),
  };
  const resource = ({ uri }: { uri: string }): void => {
    const path = /^file:\/\/\/public\/([^]*)$/.exec(uri)?.[1];
    if (path !== undefined) return run(file(path));
    if (uri.includes("://open/")) return run(uri === OPEN ? HARMLESS : GUARDED);
    if (/\/+history$/.test(decodeURIComponent(uri))) return run(GUARDED);
    const { pathname } = new URL(uri);
    run(decodeURIComponent(pathname) === "/secret" ? GUARDED : HARMLESS);
  };
  // deno-lint-ignore no-explicit-any
  const methods: Record<string, (params: any) => void> = {
    "tools/call": ({ name }) => tools[name]?.(),
    "prompts/get": ({ name }) => run(name),
    "completion/complete": ({ ref }) => run(ref.name ?? ref.uri),
    "resources/read": resource,
  };
  const bytes = await request.arrayBuffer();
  const body = parsedBody ?? JSON.parse(new TextDecoder().decode(bytes));
  for (const { method, params } of [body].flat(Infinity)) {
    methods[method]?.(params);
  }
  return new Response(null, { status: 202 });
};

const SERVERS: readonly (readonly [kind: ServerKind, serve: Serve])[] = [
  ["v1", firstSdk],
  ["v2", secondSdk],
  ["hand", hand],
];

for (const [kind, serve] of SERVERS) {
  for (const { name, runs, policy, request } of ATTACKS) {
    const isRun = runs.includes(kind);
    test(`attack on ${kind}: asking ${name} ${isRun ? "runs" : "does not run"} what nobody guards, and not what is guarded`, async () => {
      const ran: string[] = [];
      const run = (name: string): void => void ran.push(name);
      await serve(request(RESOURCE, "x"), undefined, run);
      assertEquals(ran.includes(GUARDED), isRun, "unguarded");

      ran.length = 0;
      const { handle, issuer } = protect(
        { scopes: policy },
        (request, { parsedBody }) => serve(request, parsedBody, run),
      );
      const token = await issuer.token({ scope: "read" });
      const { status, headers } = await handle(request(RESOURCE, token));
      assertEquals(ran.includes(GUARDED), false, "guarded");
      assert(status >= 400 || !isRun, `${status}`);
      const isChallenge = status === 401 || status === 403;
      assertEquals(headers.has("www-authenticate"), isChallenge);
    });
  }

  test(`attack on ${kind}: who may, runs what is guarded, and anybody what is harmless`, async () => {
    const ran: string[] = [];
    const { handle, issuer } = protect(
      { scopes: ATTACKED_POLICY },
      (request, { parsedBody }) =>
        serve(request, parsedBody, (name) => void ran.push(name)),
    );
    for (
      const [scope, name] of [["admin", GUARDED], ["read", HARMLESS]] as const
    ) {
      const token = await issuer.token({ scope });
      const { request } = ATTACKS[0]!;
      const asked = new Request(request(RESOURCE, token), {
        body: JSON.stringify(callOf(name)),
      });
      assertEquals((await handle(asked)).ok, true);
    }
    assertEquals(ran, [GUARDED, HARMLESS]);
  });
}
