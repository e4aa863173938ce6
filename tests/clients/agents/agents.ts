/**
 * Coding agents: programs that people work with in a terminal. They are installed in this folder, and each runs with a
 * home of its own, without an account.
 *
 * @module
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  type Ending,
  eventually,
  type Program,
  startProgram,
  type Variables,
} from "../../e2e/example.ts";
import { startDevIssuer } from "../../../src/dev_issuer/mod.ts";
import type { NotesOptions } from "../notes.ts";
import { FOLLOW_LOGIN, runProgram } from "../peers.ts";
import { killInTerminal } from "./terminal.ts";

/** How long the tests of one agent may take, each. */
export const TIMEOUT_MILLISECONDS = 120_000;

/** A request to an authorization server, as an agent prints it. */
const LOGIN_URL =
  /http:\/\/localhost:\d+\/[\w-]+\?[^\s\p{Cc}]*response_type=code[^\s\p{Cc}]*/u;

/**
 * Claude Code and Codex prefer a client ID metadata document on the internet where the authorization server supports
 * these. This one does not, and approves by itself.
 */
export const WITHOUT_DOCUMENTS: NotesOptions = {
  authorizationServer: (settings) =>
    startDevIssuer({ ...settings, autoApprove: true, fetch: null }),
};

/**
 * The same, but with client ID metadata documents: the server receives this one for each URL that it fetches, and each
 * URL is passed to a function. The redirect URIs are those that Claude Code publishes; a port may follow the host.
 */
export function withDocuments(onFetch: (url: string) => void): NotesOptions {
  const fetch = (url: string): Promise<Response> => {
    onFetch(url);
    return Promise.resolve(Response.json({
      client_id: url,
      redirect_uris: [
        "http://localhost/callback",
        "http://127.0.0.1/callback",
      ],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
    }));
  };
  return {
    authorizationServer: (settings) =>
      startDevIssuer({ ...settings, autoApprove: true, fetch }),
  };
}

/**
 * Where a file of theirs is: `<package>/<path>`.
 *
 * @throws {Error} If it is not installed: opencode is pinned for Linux on x64 only.
 */
export function installedAgent(path: string): string {
  const file = fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));
  if (existsSync(file)) return file;
  throw new Error(
    `There is no ${file}: run this by deno task e2e, on Linux with an x64 processor`,
  );
}

/** Runs an agent to its end, in its home: a coding agent reads the folder that it starts in. */
export function runAgent(
  command: readonly string[],
  home: string,
  variables: Variables,
): Promise<Ending> {
  return withAgent(command, home, variables, () => Promise.resolve());
}

/** A user who consents at a bridge. */
export const FOLLOW_BRIDGE_LOGIN: string = fileURLToPath(
  new URL("../follow_bridge_login.ts", import.meta.url),
);

/** Starts an agent's login, opens the URL that it prints as a user does, and waits for the login's end. */
export function logInByUrl(
  command: readonly string[],
  home: string,
  variables: Variables,
  user: string = FOLLOW_LOGIN,
): Promise<Ending> {
  return withAgent(command, home, variables, async (agent) => {
    const [url] = await eventually(
      `${command.join(" ")} to print a URL`,
      () => {
        const match = LOGIN_URL.exec(agent.stdout());
        if (match === null && agent.ended()) throw new Error(agent.stderr());
        return match ?? undefined;
      },
      30,
    );
    const { status, stderr } = await runProgram([user, url], {});
    assertEquals(status, 0, stderr);
  });
}

/** Starts an agent's login, and resolves to the URL that it prints; `undefined` if it ends without one. It is stopped then. */
export async function loginUrl(
  command: readonly string[],
  home: string,
  variables: Variables,
): Promise<string | undefined> {
  const agent = start(command, home, variables);
  try {
    const found = await eventually(
      `${command.join(" ")} to print a URL or to end`,
      () =>
        LOGIN_URL.exec(agent.stdout()) ?? (agent.ended() ? null : undefined),
      30,
    );
    return found?.[0];
  } finally {
    const isLeft = !agent.ended();
    await agent.stop();
    if (isLeft) await killInTerminal(home);
  }
}

async function withAgent(
  command: readonly string[],
  home: string,
  variables: Variables,
  use: (agent: Program) => Promise<void>,
): Promise<Ending> {
  const agent = start(command, home, variables);
  try {
    await use(agent);
    const isOver = (): true | undefined => agent.ended() || undefined;
    await eventually(`${command.join(" ")} to end`, isOver, 45);
  } finally {
    await agent.stop();
  }
  return {
    status: agent.status(),
    stdout: agent.stdout(),
    stderr: agent.stderr(),
  };
}

function start(
  command: readonly string[],
  home: string,
  variables: Variables,
): Program {
  return startProgram(["env", "-C", home, ...command], {
    HOME: home,
    ...variables,
  });
}

/** Replaces the access token in the file where an agent keeps it. The refresh token stays. */
export async function spoilToken(file: string): Promise<void> {
  const before = await readFile(file, "utf8");
  const after = before.replace(
    /("access_?token"\s*:\s*)"[^"]+"/i,
    '$1"spoilt"',
  );
  assertNotEquals(after, before);
  await writeFile(file, after);
}
