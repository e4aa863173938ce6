import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import {
  type HeadlessProvider,
  headlessProvider,
} from "../e2e/oauth_provider.ts";
import {
  type Notes,
  TIMEOUT_MILLISECONDS as timeout,
  withNotes,
} from "./notes.ts";
import { peer } from "./peers.ts";

/** What is used of Vercel's client. */
interface AiSdk {
  createMCPClient(options: unknown): Promise<Client>;
  /** What an application calls where its login's answer comes back to it. */
  auth(
    provider: HeadlessProvider,
    options: Readonly<Record<string, unknown>>,
  ): Promise<string>;
  readonly UnauthorizedError: new () => Error;
}

interface Client {
  tools(): Promise<Readonly<Record<string, Tool>>>;
  close(): Promise<void>;
}

interface Tool {
  execute(
    input: unknown,
    options: unknown,
  ): Promise<{ readonly content: readonly { readonly text: string }[] }>;
}

const { createMCPClient, auth, UnauthorizedError } = await peer<AiSdk>(
  "@ai-sdk/mcp",
);

function open(
  { resource }: Notes,
  provider: HeadlessProvider,
): Promise<Client> {
  return createMCPClient({
    transport: { type: "http", url: resource, authProvider: provider },
  });
}

/** Brings a login's answer to the client. */
async function finish(
  { resource }: Notes,
  provider: HeadlessProvider,
): Promise<void> {
  const callback = provider.callback();
  const result = await auth(provider, {
    serverUrl: resource,
    authorizationCode: callback.get("code"),
    callbackState: callback.get("state"),
    callbackIssuer: callback.get("iss"),
  });
  assertEquals(result, "AUTHORIZED");
}

/** Connects as the AI SDK wants it: once to be refused and to log in; the token is there afterwards. */
async function logIn(
  notes: Notes,
  provider: HeadlessProvider,
): Promise<void> {
  await assertRejects(() => open(notes, provider), UnauthorizedError);
  await finish(notes, provider);
}

/** Lends the tools of a client that has logged in to a function. */
async function withTools(
  notes: Notes,
  provider: HeadlessProvider,
  use: (
    call: (name: string, input?: unknown) => Promise<string>,
    names: readonly string[],
  ) => Promise<void>,
): Promise<void> {
  const client = await open(notes, provider);
  try {
    const tools = await client.tools();
    await use(async (name, input = {}) => {
      const options = { toolCallId: "1", messages: [] };
      const { content } = await tools[name]!.execute(input, options);
      return content[0]?.text ?? "";
    }, Object.keys(tools));
  } finally {
    await client.close();
  }
}

test("AI SDK: a client that knows only the URL logs in and calls tools", {
  timeout,
}, () =>
  withNotes(async (notes) => {
    const provider = headlessProvider();
    await logIn(notes, provider);
    await withTools(notes, provider, async (call, names) => {
      assertEquals(notes.take(), [
        "POST /mcp server/discover 401",
        "GET /.well-known/oauth-protected-resource/mcp 200",
        "GET issuer/.well-known/oauth-authorization-server 200",
        "POST issuer/register 201",
        "GET issuer/authorize notes:read 303",
        "GET /.well-known/oauth-protected-resource/mcp 200",
        "GET issuer/.well-known/oauth-authorization-server 200",
        "POST issuer/token 200",
        "POST /mcp server/discover 400",
        "POST /mcp initialize 200",
        "POST /mcp notifications/initialized 202",
        "POST /mcp tools/list 200",
      ]);
      assertEquals(names.length, 5);
      assertEquals(JSON.parse(await call("whoami")), {
        sub: "developer",
        client: (await provider.clientInformation())?.client_id,
        scopes: ["notes:read"],
      });
    });
  }));

test(
  "AI SDK: asks for what a 401 names whatever its metadata says, has no answer to a 403, and goes on with what it may do",
  {
    timeout,
  },
  () =>
    withNotes(async (notes) => {
      const provider = headlessProvider({ scope: "notes:read notes:write" });
      await logIn(notes, provider);
      await withTools(notes, provider, async (call) => {
        notes.take();
        await assertRejects(
          () => call("add_note", { text: "milk" }),
          Error,
          '(HTTP 403): {"error":"insufficient_scope"',
        );
        assertEquals(await call("list_notes"), "[]");
        assertEquals(notes.take(), [
          "POST /mcp tools/call add_note 403",
          "POST /mcp tools/call list_notes 200",
        ]);
        assertEquals(provider.logins, ["notes:read"]);
      });
    }),
);

test(
  "AI SDK: may do what its application asked for before it connected",
  { timeout },
  () =>
    withNotes(async (notes) => {
      const provider = headlessProvider();
      const { resource: serverUrl } = notes;
      const scope = "notes:read notes:write";
      assertEquals(await auth(provider, { serverUrl, scope }), "REDIRECT");
      await finish(notes, provider);
      await withTools(notes, provider, async (call) => {
        await call("add_note", { text: "milk" });
        assertEquals(await call("list_notes"), '["milk"]');
      });
      assertEquals(provider.logins, [scope]);
    }),
);
