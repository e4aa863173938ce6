/** Clients of both SDKs log in to a server with sessions behind the Express middleware. */
// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/server/streamableHttp"
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { UnauthorizedError } from "@modelcontextprotocol/client";
import { assertEquals } from "@std/assert";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { notesServer } from "../../examples/notes.ts";
import { TIMEOUT_MILLISECONDS as timeout } from "./example.ts";
import {
  type BodyParser,
  type OpenSession,
  withExpressNotes,
} from "./express_notes.ts";
import { logIn as logInV1 } from "./sdk_v1.ts";
import { logIn as logInV2 } from "./sdk_v2.ts";
import { INITIALIZE, loginOf, stepUp, useTools } from "./session.ts";

const openSession: OpenSession = async ({ opened, closed }) => {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: opened,
    onsessionclosed: closed,
  });
  const server = notesServer();
  await server.connect(transport as Parameters<typeof server.connect>[0]);
  return transport;
};

const PARSERS: readonly BodyParser[] = ["before", "after", "none"];

for (const parser of PARSERS) {
  test(
    `Express, express.json() ${parser}: a client of the SDK v1 logs in, calls tools and ends its session`,
    { timeout },
    () =>
      withExpressNotes(openSession, parser, async (example) => {
        const session = await logInV1(example);
        assertEquals(session.requests.take(), loginOf(INITIALIZE));
        await useTools(session);
        const { transport } = session;
        assertEquals(typeof transport.sessionId, "string");
        await transport.terminateSession();
        assertEquals(session.requests.take(), ["DELETE /mcp 200"]);
        await session.client.close();
      }),
  );

  test(
    `Express, express.json() ${parser}: a client of the SDK v2 logs in, and again at a 403, in one session`,
    { timeout },
    () =>
      withExpressNotes(openSession, parser, async (example) => {
        const session = await logInV2(example, {});
        assertEquals(session.requests.take(), loginOf(INITIALIZE));
        await useTools(session);
        const { transport, provider } = session;
        const { sessionId } = transport;
        await stepUp(
          session,
          UnauthorizedError,
          () => transport.finishAuth(provider.callback()),
        );
        assertEquals(transport.sessionId, sessionId);
        await transport.terminateSession();
        await session.client.close();
      }),
  );
}
