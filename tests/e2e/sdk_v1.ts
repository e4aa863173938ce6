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
import type { Example } from "./example.ts";
import { type HeadlessProvider, headlessProvider } from "./oauth_provider.ts";
import { INFO, logInBy, type Session } from "./session.ts";

export { call } from "./session.ts";

/** A client that is refused, logs in, and is connected. */
export function logIn(
  example: Pick<Example, "origin" | "resource" | "issuer">,
  provider: HeadlessProvider = headlessProvider(),
): Promise<Session<Client, StreamableHTTPClientTransport>> {
  return logInBy(
    {
      open: (url, options) => new StreamableHTTPClientTransport(url, options),
      async connect(transport): Promise<Client> {
        const client = new Client(INFO);
        await client.connect(transport as Transport);
        return client;
      },
      finishAuth: (transport) => finishAuth(transport, provider),
      UnauthorizedError,
    },
    example,
    provider,
  );
}

/** Where optional properties are exact, the SDK's transport is not one of its own `Transport`s. */
export type Transport = Parameters<Client["connect"]>[0];

export async function finishAuth(
  transport: StreamableHTTPClientTransport,
  provider: HeadlessProvider,
): Promise<void> {
  await transport.finishAuth(provider.callback().get("code") ?? "");
}
