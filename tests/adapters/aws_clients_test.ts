import { UnauthorizedError } from "@modelcontextprotocol/client";
import { assertEquals } from "@std/assert";
import { after, test } from "node:test";
import {
  type Example,
  startExample,
  TIMEOUT_MILLISECONDS as timeout,
} from "../e2e/example.ts";
import * as v1 from "../e2e/sdk_v1.ts";
import * as v2 from "../e2e/sdk_v2.ts";
import { INITIALIZE, loginOf, stepUp } from "../e2e/session.ts";

/** The two functions behind the stand-in for API Gateway. */
const COMMAND = ["deno", "run", "-A", "examples/aws/main.ts"];

let starting: Promise<Example> | undefined;
const start = (): Promise<Example> => starting ??= startExample({}, COMMAND);

after(async () => await (await starting)?.stop());

test("SDK v1: a client logs in and calls a tool through both functions", {
  timeout,
}, async () => {
  const example = await start();
  const { client, requests } = await v1.logIn(example);
  assertEquals(requests.take(), loginOf(INITIALIZE));
  assertEquals(requests.challenges.map(({ params }) => params), [{
    resource_metadata: requests.metadataUrls[0],
    scope: "notes:read",
  }]);
  const { scopes } = JSON.parse(await v1.call(client, "whoami"));
  assertEquals(scopes, ["notes:read"]);
  await client.close();
});

test(
  "SDK v2: a client logs in, is told what it lacks, logs in for that, and goes on",
  { timeout },
  async () => {
    const example = await start();
    const session = await v2.logIn(example, {});
    const { client, transport, provider, requests } = session;
    assertEquals(requests.take(), loginOf(INITIALIZE));
    await stepUp(
      session,
      UnauthorizedError,
      () => transport.finishAuth(provider.callback()),
    );
    await client.close();
  },
);
