import { assertEquals } from "@std/assert";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startDevIssuer } from "../../src/dev_issuer/mod.ts";
import type { Code } from "../../src/doctor/findings/catalogue.ts";
import { examine } from "../../src/doctor/examine.ts";
import { ROOT } from "../runner/commands.ts";
import {
  BUN_EXAMPLE,
  freePort,
  TIMEOUT_MILLISECONDS as timeout,
  withExample,
} from "../e2e/example.ts";

/** What the doctor finds at servers that others' libraries make, mounted as their documentation says: that and nothing else. */
const PEERS: readonly (readonly [
  program: string,
  errors: readonly Code[],
  warnings: readonly Code[],
])[] = [
  [
    "mcp_handler.js",
    // Its identity is made of X-Forwarded-Host, whoever sends that.
    ["forwarded-host-trusted"],
    [
      "answer-without-cors",
      "metadata-not-by-path",
      "origin-not-checked",
      "preflight-refused",
      "resource-not-identical",
    ],
  ],
  [
    "hono_mcp.js",
    // The challenge names the root, the document is at the path.
    ["challenge-leads-nowhere"],
    [
      "answer-without-cors",
      "bad-token-challenge",
      "metadata-without-cors",
      "origin-not-checked",
      "preflight-refused",
      "unknown-error-code",
    ],
  ],
  [
    "mcp_auth.js",
    [],
    [
      "answer-without-cors",
      "origin-not-checked",
      "preflight-refused",
      "unknown-error-code",
    ],
  ],
  ["sdk_v1.js", [], [
    "answer-without-cors",
    "origin-not-checked",
    "preflight-refused",
  ]],
  // Its verifier throws what is no OAuthError, which makes a bad token a 500.
  ["sdk_v1_example.js", ["bad-token-status"], [
    "answer-without-cors",
    "origin-not-checked",
    "preflight-origin",
  ]],
  ["sdk_v2.js", [], ["answer-without-cors", "preflight-refused"]],
];

const folder = mkdtempSync(join(tmpdir(), "gatehouse-peers-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const [bun = "bun", ...args] = BUN_EXAMPLE.slice(0, -2);
let isInstalled = false;

/** Their packages are theirs: they come into a folder of their own, by a lock of their own. */
function install(): void {
  if (isInstalled) return;
  cpSync(join(ROOT, "tests/doctor/peers"), folder, { recursive: true });
  execFileSync(bun, [...args, "install", "--frozen-lockfile"], {
    cwd: folder,
    stdio: "pipe",
  });
  isInstalled = true;
}

for (const [program, errors, warnings] of PEERS) {
  test(`the doctor finds what is wrong with ${program}, and nothing else`, {
    timeout,
  }, async () => {
    install();
    await withPeer(program, async (resource) => {
      const { findings } = await examine(resource);
      const codes = (severity: string): string[] =>
        findings.filter((finding) => finding.severity === severity)
          .map(({ code }) => code).sort();
      assertEquals(codes("error"), [...errors]);
      assertEquals(codes("warning"), [...warnings]);
    });
  });
}

/** Lends a peer's server, and an authorization server for it, to a function. */
async function withPeer(
  program: string,
  use: (resource: string) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  // The SDK's example has ports of its own, and answers beside them that it is up.
  const examplePort = await freePort();
  const exampleAuthPort = await freePort();
  const mcpPort = program === "sdk_v1_example.js" ? examplePort : port;
  const resource = `http://localhost:${mcpPort}/mcp`;
  const server = await startDevIssuer({
    port: await freePort(),
    resource,
    scopes: ["notes:read"],
  });
  try {
    const variables = {
      PORT: `${port}`,
      ISSUER: server.issuer,
      MCP_PORT: `${examplePort}`,
      MCP_AUTH_PORT: `${exampleAuthPort}`,
    };
    await withExample(() => use(resource), variables, [
      bun,
      ...args,
      "run",
      join(folder, program),
    ]);
  } finally {
    await server.close();
  }
}
