/**
 * A client of the SDK's, of either version, that logs in without a person.
 *
 * @module
 */
import { assertRejects } from "@std/assert";
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

/** Calls a tool, and resolves to the text that it answers. */
export async function call(
  client: {
    callTool(
      params: { name: string; arguments: Record<string, unknown> },
    ): Promise<unknown>;
  },
  name: string,
  args: Record<string, unknown> = {},
): Promise<string> {
  const { content } = await client.callTool({ name, arguments: args }) as {
    content: { text: string }[];
  };
  const [item] = content;
  return item?.text ?? "";
}
