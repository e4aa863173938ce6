/**
 * The clients of older SDKs, which all have the same shape, logged in without a person.
 *
 * @module
 */

import { assertRejects } from "@std/assert";
import {
  type HeadlessProvider,
  headlessProvider,
} from "../e2e/oauth_provider.ts";
import { INFO } from "../e2e/session.ts";
import type { Notes } from "./notes.ts";
import { peer } from "./peers.ts";

export { call } from "../e2e/session.ts";

/** What is used of the SDK's client. */
export interface Client {
  connect(transport: Transport): Promise<void>;
  listTools(): Promise<
    { readonly tools: readonly { readonly name: string }[] }
  >;
  callTool(
    call: { readonly name: string; readonly arguments: unknown },
  ): Promise<{ readonly content: unknown }>;
  close(): Promise<void>;
}

/** What is used of its transport. */
export interface Transport {
  finishAuth(code: string): Promise<void>;
}

/** A client that has logged in. */
export interface Session {
  readonly client: Client;
  readonly provider: HeadlessProvider;
  /** What was requested before the login's answer was there. */
  readonly discovery: readonly string[];
}

/** Connects as the SDK wants it: once to be refused and to log in, and once more with the token. */
export async function logIn(
  sdk: string,
  notes: Notes,
  provider: HeadlessProvider = headlessProvider(),
): Promise<Session> {
  const { Client } = await peer<{
    Client: new (info: unknown) => Client;
  }>(`${sdk}/client/index.js`);
  const { StreamableHTTPClientTransport } = await peer<{
    StreamableHTTPClientTransport: new (
      url: URL,
      options: unknown,
    ) => Transport;
  }>(`${sdk}/client/streamableHttp.js`);
  const { UnauthorizedError } = await peer<{
    UnauthorizedError: new () => Error;
  }>(`${sdk}/client/auth.js`);
  const open = (): Transport =>
    new StreamableHTTPClientTransport(new URL(notes.resource), {
      authProvider: provider,
    });
  const refused = open();
  await assertRejects(
    () => new Client(INFO).connect(refused),
    UnauthorizedError,
  );
  const discovery = notes.take();
  await refused.finishAuth(provider.callback().get("code") ?? "");
  const client = new Client(INFO);
  await client.connect(open());
  return { client, provider, discovery };
}
