/**
 * A client of the SDK's, of either version, that logs in without a person.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import type { Example } from "./example.ts";
import type { HeadlessProvider } from "./oauth_provider.ts";
import { recordRequests, type Requests } from "./requests.ts";

export const INFO = { name: "Gatehouse's tests", version: "1.0.0" };

/** A client that has logged in, and what happened on the way. */
export interface Session<Client, Transport> {
  readonly client: Client;
  readonly transport: Transport;
  readonly provider: HeadlessProvider;
  readonly requests: Requests;
}

/** What a version of the SDK does in its own way. */
export interface Sdk<Client, Transport> {
  readonly open: (
    url: URL,
    options: {
      readonly authProvider: HeadlessProvider;
      readonly fetch: Requests["fetch"];
    },
  ) => Transport;
  readonly connect: (transport: Transport) => Promise<Client>;
  readonly finishAuth: (transport: Transport) => Promise<void>;
  readonly UnauthorizedError: new () => Error;
}

/** What a client sends first, and what it sends until both sides know what they speak. */
export interface Opening {
  /** Without a token. */
  readonly first: string;
  /** With one. */
  readonly handshake: readonly string[];
}

/** Of every client that was made before MCP 2026-07-28, or takes its server for one that was. */
export const INITIALIZE: Opening = {
  first: "POST /mcp initialize 401",
  handshake: [
    "POST /mcp initialize 200",
    "POST /mcp notifications/initialized 202",
  ],
};

/** All that is sent on the way from the URL to a session. */
export function loginOf({ first, handshake }: Opening): readonly string[] {
  return [
    first,
    "GET /.well-known/oauth-protected-resource/mcp 200",
    "GET issuer/.well-known/oauth-authorization-server 200",
    "POST issuer/register 201",
    "POST issuer/token authorization_code 200",
    ...handshake,
  ];
}

/** Connects as the SDK wants it: once to be refused and to log in, and once more with the token. */
export async function logInBy<Client, Transport>(
  sdk: Sdk<Client, Transport>,
  example: Pick<Example, "origin" | "resource" | "issuer">,
  provider: HeadlessProvider,
): Promise<Session<Client, Transport>> {
  const requests = recordRequests(example);
  const open = (): Transport =>
    sdk.open(new URL(example.resource), {
      authProvider: provider,
      fetch: requests.fetch,
    });
  const refused = open();
  await assertRejects(() => sdk.connect(refused), sdk.UnauthorizedError);
  await sdk.finishAuth(refused);
  const transport = open();
  const client = await sdk.connect(transport);
  return { client, transport, provider, requests };
}

/** What both versions' clients can do. */
interface Caller {
  callTool(
    params: { name: string; arguments: Record<string, unknown> },
  ): Promise<unknown>;
}

/** Calls a tool, and resolves to the text that it answers. */
export async function call(
  client: Caller,
  name: string,
  args: Record<string, unknown> = {},
): Promise<string> {
  const { content } = await client.callTool({ name, arguments: args }) as {
    content: { text: string }[];
  };
  const [item] = content;
  return item?.text ?? "";
}

/** Does all that a client may do with the scope that it is told to ask for at first. */
export async function useTools(
  { client, provider, requests }: Session<
    Caller & { listTools(): Promise<{ tools: { name: string }[] }> },
    unknown
  >,
): Promise<void> {
  assertEquals(requests.challenges, [{
    scheme: "bearer",
    params: {
      resource_metadata: requests.metadataUrls[0],
      scope: "notes:read",
    },
  }]);
  const { tools } = await client.listTools();
  assertEquals(tools.map(({ name }) => name), [
    "whoami",
    "list_notes",
    "add_note",
    "watch_notes",
    "purge_notes",
  ]);
  assertEquals(JSON.parse(await call(client, "whoami")), {
    sub: "developer",
    client: (await provider.clientInformation())?.client_id,
    scopes: ["notes:read"],
  });
  assertEquals(await call(client, "list_notes"), "[]");
  assertEquals(requests.take(), [
    "POST /mcp tools/list 200",
    "POST /mcp tools/call whoami 200",
    "POST /mcp tools/call list_notes 200",
  ]);
}

/** Is refused for want of a scope, logs in for it, and goes on. */
export async function stepUp(
  { client, requests }: Session<Caller, unknown>,
  UnauthorizedError: new () => Error,
  finishAuth: () => Promise<void>,
): Promise<void> {
  requests.take();
  const addNote = () => call(client, "add_note", { text: "milk" });
  await assertRejects(addNote, UnauthorizedError);
  await finishAuth();
  await addNote();
  assertEquals(await call(client, "list_notes"), '["milk"]');
  assertEquals(requests.take(), [
    "POST /mcp tools/call add_note 403",
    "POST issuer/token authorization_code 200",
    "POST /mcp tools/call add_note 200",
    "POST /mcp tools/call list_notes 200",
  ]);
}
