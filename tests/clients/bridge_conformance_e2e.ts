import { assertStringIncludes } from "@std/assert";
import process from "node:process";
import { test } from "node:test";
import { NODE, SUITE } from "../conformance/run.ts";
import {
  eventually,
  freePort,
  startProgram,
  withExample,
} from "../e2e/example.ts";
import { approve } from "../e2e/consenting_browser.ts";
import { TIMEOUT_MILLISECONDS } from "./notes.ts";

test(
  "the MCP conformance suite's scenarios for authorization servers pass at the bridge example",
  { timeout: 4 * TIMEOUT_MILLISECONDS },
  () =>
    withExample(
      async ({ origin, resource }) => {
        const port = await freePort();
        const registration = await fetch(`${origin}/register`, {
          method: "POST",
          body: JSON.stringify({
            redirect_uris: [`http://127.0.0.1:${port}/callback`],
          }),
        });
        const { client_id } = await registration.json();
        const program = startProgram([
          ...["npx", "-y", "--loglevel=error", "-p", NODE, "-p", SUITE],
          ...["conformance", "authorization", "--url", origin],
          ...[
            "--client-id",
            client_id,
            "--resource",
            resource,
            "-p",
            `${port}`,
          ],
        ], {});
        try {
          const [url] = await eventually(
            "the authorization URL",
            () => /http\S+\/authorize\?\S+/.exec(program.stdout()) ?? undefined,
            120,
          );
          const { callback } = await approve(new URL(url));
          await (await fetch(callback)).text();
          await eventually(
            "the suite to end",
            () => program.ended() || undefined,
            30,
          );
        } finally {
          await program.stop();
        }
        assertStringIncludes(
          program.stdout(),
          "authorization-server-metadata-endpoint: 2 passed, 0 failed",
        );
        assertStringIncludes(
          program.stdout(),
          "authorization-code-grant: 1 passed, 0 failed",
        );
      },
      {},
      [process.execPath, "examples/bridge.ts"],
    ),
);
