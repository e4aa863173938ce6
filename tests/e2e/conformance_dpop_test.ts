import { assertEquals } from "@std/assert";
import process from "node:process";
import { test } from "node:test";
import { NODE, SUITE } from "../conformance/run.ts";
import { runExample } from "./example.ts";

/** On the runtime that runs the test. */
const CLIENT = [
  process.execPath,
  ...("Deno" in globalThis
    ? ["run", "-A"]
    : "Bun" in globalThis
    ? ["run"]
    : []),
  "tests/conformance/dpop_client.ts",
].join(" ");

/** The checks of the scenarios that are about DPoP. */
const SCENARIOS: Readonly<Record<string, readonly string[]>> = {
  "auth/dpop": [
    "sep-1932-client-dpop-auth-scheme",
    "sep-1932-client-fresh-proof",
    "sep-1932-client-token-request-proof",
  ],
  "auth/dpop-nonce": [
    "sep-1932-client-as-nonce",
    "sep-1932-client-dpop-auth-scheme",
    "sep-1932-client-fresh-proof",
    "sep-1932-client-rs-nonce",
    "sep-1932-client-token-request-proof",
  ],
};

for (const [scenario, checks] of Object.entries(SCENARIOS)) {
  test(
    `the MCP conformance suite's scenario ${scenario} passes with the guard in place`,
    {
      timeout: 120_000,
    },
    async () => {
      const { status, stdout, stderr } = await runExample({}, [
        ...["npx", "-y", "--loglevel=error", "-p", NODE, "-p", SUITE],
        ...["conformance", "client", "--scenario", scenario, "--verbose"],
        ...["--command", CLIENT],
      ]);
      const output = stdout + stderr;
      const passed = checks.filter((id) =>
        new RegExp(`"id": "${id}"[^}]*"status": "SUCCESS"`).test(output)
      );
      assertEquals(passed, checks, output);
      assertEquals(status, 0, output);
    },
  );
}
