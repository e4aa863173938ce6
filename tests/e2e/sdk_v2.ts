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
import type { Example } from "./example.ts";
import { type HeadlessProvider, headlessProvider } from "./oauth_provider.ts";
import { INFO, logInBy, type Opening, type Session } from "./session.ts";

export { call } from "./session.ts";

/** How a client is told to begin, and how it then does. */
export interface Era extends Opening {
  readonly options: ClientOptions;
}

/** A client that is refused, logs in, and is connected. */
export function logIn(
  example: Pick<Example, "origin" | "resource" | "issuer">,
  options: ClientOptions,
  provider: HeadlessProvider = headlessProvider(),
): Promise<Session<Client, StreamableHTTPClientTransport>> {
  return logInBy(
    {
      open: (url, how) => new StreamableHTTPClientTransport(url, how),
      async connect(transport): Promise<Client> {
        const client = new Client(INFO, options);
        await client.connect(transport);
        return client;
      },
      finishAuth: (transport) => transport.finishAuth(provider.callback()),
      UnauthorizedError,
    },
    example,
    provider,
  );
}
