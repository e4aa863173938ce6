import { assertEquals } from "@std/assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { type AgentId, examine } from "../../../src/doctor/mod.ts";
import { freePort } from "../../e2e/example.ts";
import { withHome } from "../peers.ts";
import {
  installedAgent,
  loginUrl,
  runAgent,
  TIMEOUT_MILLISECONDS as timeout,
} from "./agents.ts";
import {
  challenge,
  type Fault,
  issuerDocument,
  OAUTH,
  OPENID,
  RESOURCE,
  RESOURCE_ROOT,
  resourceDocument,
  SIGN_IN_PATH,
  withFault,
} from "./faulty_server.ts";
import { inTerminal } from "./terminal.ts";

/** What an agent's login prints when it finds the page where its user signs in, or `undefined`. */
type Login = (resource: string, home: string) => Promise<string | undefined>;

const LOGINS: Readonly<Record<AgentId, Login>> = {
  "claude-code": async (resource, home) => {
    const program = installedAgent(
      `@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`,
    );
    const variables = {
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      CLAUDE_CONFIG_DIR: home,
    };
    const add = ["mcp", "add", "--transport", "http", "notes", resource];
    // It sees the challenge when it lists, and logs in by what it saw.
    for (const args of [add, ["mcp", "list"]]) {
      await runAgent([program, ...args], home, variables);
    }
    const login = [program, "mcp", "login", "--no-browser", "notes"];
    return await loginUrl(inTerminal(login, home), home, variables);
  },
  codex: async (resource, home) => {
    const settings = `[mcp_servers.notes]\nurl = "${resource}"\n`;
    await writeFile(join(home, "config.toml"), settings);
    const program = installedAgent("@openai/codex/bin/codex.js");
    const login = [process.execPath, program, "mcp", "login", "notes"];
    return await loginUrl(login, home, { CODEX_HOME: home });
  },
  opencode: async (resource, home) => {
    const path = join(home, "opencode.json");
    const redirectUri = `http://127.0.0.1:${await freePort()}/callback`;
    const notes = { type: "remote", url: resource, oauth: { redirectUri } };
    const settings = { autoupdate: false, mcp: { notes } };
    await writeFile(path, JSON.stringify(settings));
    const program = installedAgent("opencode-linux-x64-baseline/bin/opencode");
    return await loginUrl([program, "mcp", "auth", "notes"], home, {
      OPENCODE_CONFIG: path,
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
    });
  },
};

const ALL: readonly AgentId[] = ["claude-code", "codex", "opencode"];
/** opencode takes seconds for each, and has the same SDK as Claude Code. */
const QUICK: readonly AgentId[] = ["claude-code", "codex"];

/** Changes the resource's identifier, or members of the issuer's metadata. */
const resource =
  (identifier: (origin: string) => string): Fault => (places) => ({
    [places.mcp + RESOURCE]: {
      body: { ...resourceDocument(places), resource: identifier(places.mcp) },
    },
  });
const issuer = (members: Record<string, unknown>): Fault => (places) => ({
  [places.issuer + OAUTH]: { body: { ...issuerDocument(places), ...members } },
});

const FAULTS: readonly (readonly [
  why: string,
  agents: readonly AgentId[],
  fault: Fault,
])[] = [
  ["no fault", ALL, () => ({})],
  ["a URL without quotes in the challenge", QUICK, (places) => ({
    [`${places.mcp}/mcp`]: challenge(`resource_metadata=${places.mcp}/odd`),
    [`${places.mcp}/odd`]: { body: resourceDocument(places) },
    [places.mcp + RESOURCE]: undefined,
  })],
  ["another scheme before Bearer", QUICK, (places) => ({
    [`${places.mcp}/mcp`]: challenge(
      `realm="a", Bearer resource_metadata="${places.mcp}/odd"`,
      "Basic",
    ),
    [`${places.mcp}/odd`]: { body: resourceDocument(places) },
    [places.mcp + RESOURCE]: undefined,
  })],
  ["a challenge that leads nowhere", QUICK, ({ mcp }) => ({
    [`${mcp}/mcp`]: challenge(`resource_metadata="${mcp}/nothing"`),
  })],
  ["metadata on another origin", QUICK, (places) => ({
    [`${places.mcp}/mcp`]: challenge(
      `resource_metadata="${places.issuer}/odd"`,
    ),
    [`${places.issuer}/odd`]: { body: resourceDocument(places) },
    [places.mcp + RESOURCE]: undefined,
  })],
  ["metadata at the root alone", QUICK, (places) => ({
    [`${places.mcp}/mcp`]: challenge(""),
    [places.mcp + RESOURCE]: undefined,
    [places.mcp + RESOURCE_ROOT]: { body: resourceDocument(places) },
  })],
  ["502 before the metadata at the root", ALL, (places) => ({
    [`${places.mcp}/mcp`]: challenge(""),
    [places.mcp + RESOURCE]: { status: 502 },
    [places.mcp + RESOURCE_ROOT]: { body: resourceDocument(places) },
  })],
  ["another resource", QUICK, resource((origin) => `${origin}/other`)],
  [
    "a slash at the resource's end",
    QUICK,
    resource((origin) => `${origin}/mcp/`),
  ],
  ["the origin as the resource", QUICK, resource((origin) => origin)],
  ["another issuer", QUICK, issuer({ issuer: "https://other.example" })],
  ["no PKCE", QUICK, issuer({ code_challenge_methods_supported: undefined })],
  [
    "PKCE without S256",
    QUICK,
    issuer({
      code_challenge_methods_supported: ["plain"],
    }),
  ],
  ["no registration", QUICK, issuer({ registration_endpoint: undefined })],
  [
    "documents in place of registration",
    ALL,
    issuer({
      registration_endpoint: undefined,
      client_id_metadata_document_supported: true,
    }),
  ],
  ["openid-configuration alone", QUICK, (places) => ({
    [places.issuer + OAUTH]: undefined,
    [places.issuer + OPENID]: { body: issuerDocument(places) },
  })],
  ["500 before openid-configuration", QUICK, (places) => ({
    [places.issuer + OAUTH]: { status: 500 },
    [places.issuer + OPENID]: { body: issuerDocument(places) },
  })],
  ["429 before openid-configuration", QUICK, (places) => ({
    [places.issuer + OAUTH]: { status: 429 },
    [places.issuer + OPENID]: { body: issuerDocument(places) },
  })],
  ["503 before the metadata at the root", QUICK, (places) => ({
    [`${places.mcp}/mcp`]: challenge(""),
    [places.mcp + RESOURCE]: { status: 503 },
    [places.mcp + RESOURCE_ROOT]: { body: resourceDocument(places) },
  })],
  ["503 before openid-configuration", QUICK, (places) => ({
    [places.issuer + OAUTH]: { status: 503 },
    [places.issuer + OPENID]: { body: issuerDocument(places) },
  })],
  ["a page before openid-configuration", QUICK, (places) => ({
    [places.issuer + OAUTH]: { body: "<!doctype html>" },
    [places.issuer + OPENID]: { body: issuerDocument(places) },
  })],
];

for (const [why, agents, fault] of FAULTS) {
  test(`the doctor knows which coding agent finds the sign-in: ${why}`, {
    timeout,
  }, () =>
    withFault(fault, async ({ mcp, issuer }) => {
      const url = `${mcp}/mcp`;
      const report = await examine(url);
      const found: Record<string, boolean> = {};
      for (const agent of agents) {
        await withHome(async (home) => {
          const page = await LOGINS[agent](url, home);
          found[agent] = page?.startsWith(`${issuer}${SIGN_IN_PATH}?`) ?? false;
        });
      }
      const expected = report.clients
        .filter(({ client }) => agents.some((agent) => agent === client))
        .map(({ client, outcome }) => [client, outcome === "signs in"]);
      assertEquals(found, Object.fromEntries(expected));
    }));
}
