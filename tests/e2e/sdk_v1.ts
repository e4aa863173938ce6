/**
 * The SDK's v1 client, logged in without a person.
 *
 * @module
 */
// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/client/auth"
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
// @ts-types="@modelcontextprotocol/sdk/client"
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
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
    () => new Client(INFO).connect(refused as Transport),
    UnauthorizedError,
  );
  await finishAuth(refused, provider);
  const [client, transport] = [new Client(INFO), open()];
  await client.connect(transport as Transport);
  return { client, transport, provider, requests };
}

export const INFO = { name: "Gatehouse's tests", version: "1.0.0" };

/** Where optional properties are exact, the SDK's transport is not one of its own `Transport`s. */
export type Transport = Parameters<Client["connect"]>[0];

export async function finishAuth(
  transport: StreamableHTTPClientTransport,
  provider: HeadlessProvider,
): Promise<void> {
  await transport.finishAuth(provider.callback().get("code") ?? "");
}

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
