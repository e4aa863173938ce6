/**
 * The SDK's v2 client, logged in without a person.
 *
 * @module
 */
import {
  Client,
  type ClientOptions,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { assertRejects } from "@std/assert";
import type { Example } from "./example.ts";
import { type HeadlessProvider, headlessProvider } from "./oauth_provider.ts";
import { recordRequests, type Requests } from "./requests.ts";

/** A client that has logged in, and what happened on the way. */
export interface Session {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
  readonly provider: HeadlessProvider;
  readonly requests: Requests;
}

/** Connects as the SDK wants it: once to be refused and to log in, and once more with the token. */
export async function logIn(
  example: Pick<Example, "origin" | "resource" | "issuer">,
  options: ClientOptions,
  provider: HeadlessProvider = headlessProvider(),
): Promise<Session> {
  const requests = recordRequests(example);
  const open = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(new URL(example.resource), {
      authProvider: provider,
      fetch: requests.fetch,
    });
  const refused = open();
  await assertRejects(
    () => new Client(INFO, options).connect(refused),
    UnauthorizedError,
  );
  await refused.finishAuth(provider.callback());
  const [client, transport] = [new Client(INFO, options), open()];
  await client.connect(transport);
  return { client, transport, provider, requests };
}

export const INFO = { name: "Gatehouse's tests", version: "1.0.0" };

/** Calls a tool, and resolves to the text that it answers. */
export async function call(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<string> {
  const { content } = await client.callTool({ name, arguments: args });
  const [item] = content as { text: string }[];
  return item?.text ?? "";
}
