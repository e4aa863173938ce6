import { assertEquals, assertStringIncludes } from "@std/assert";
import { symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { Ending } from "../e2e/example.ts";
import {
  type Notes,
  TIMEOUT_MILLISECONDS as timeout,
  withNotes,
} from "./notes.ts";
import { FOLLOW_LOGIN, installed, runProgram, withHome } from "./peers.ts";

type Mcporter = (...args: readonly string[]) => Promise<Ending>;

/** Lends the command to a function. What it keeps between two calls is in a folder that goes with it. */
function withMcporter(
  use: (mcporter: Mcporter) => Promise<void>,
): Promise<void> {
  return withHome(async (home) => {
    await symlink(FOLLOW_LOGIN, join(home, "xdg-open"));
    const variables = {
      HOME: home,
      PATH: [home, process.env.PATH].join(delimiter),
      XDG_CONFIG_HOME: home,
      XDG_DATA_HOME: home,
    };
    const cli = installed("mcporter/dist/cli.js");
    await use((...args) =>
      runProgram([cli, ...args, "--allow-http"], variables)
    );
  });
}

async function logIn(mcporter: Mcporter, { resource }: Notes): Promise<void> {
  const { status, stderr } = await mcporter("auth", resource);
  assertEquals(status, 0, stderr);
}

test("mcporter logs in, and keeps its token for the calls that follow", {
  timeout,
}, () =>
  withNotes((notes) =>
    withMcporter(async (mcporter) => {
      await logIn(mcporter, notes);
      assertEquals(notes.take(), [
        "POST /mcp initialize 401",
        "POST /mcp initialize 401",
        "GET /.well-known/oauth-protected-resource/mcp 200",
        "GET issuer/.well-known/oauth-authorization-server 200",
        "POST issuer/register 201",
        "GET issuer/authorize notes:read 303",
        "GET /.well-known/oauth-protected-resource/mcp 200",
        "GET issuer/.well-known/oauth-authorization-server 200",
        "POST issuer/token 200",
        "POST /mcp initialize 200",
        "POST /mcp notifications/initialized 202",
        "POST /mcp tools/list 200",
      ]);
      const { stdout } = await mcporter("call", `${notes.resource}.whoami`);
      const { sub, scopes } = JSON.parse(stdout);
      assertEquals([sub, scopes], ["developer", ["notes:read"]]);
      assertEquals(notes.take(), [
        "POST /mcp initialize 200",
        "POST /mcp notifications/initialized 202",
        "POST /mcp tools/call whoami 200",
      ]);
    })
  ));

test("mcporter tells its user of a 403, and goes on with what it may do", {
  timeout,
}, () =>
  withNotes((notes) =>
    withMcporter(async (mcporter) => {
      await logIn(mcporter, notes);
      notes.take();
      const tool = (name: string): string => `${notes.resource}.${name}`;
      const refused = await mcporter("call", tool("add_note"), "text=milk");
      assertEquals(refused.status, 1);
      assertStringIncludes(refused.stderr, "insufficient_scope");
      const { status, stdout } = await mcporter("call", tool("list_notes"));
      assertEquals([status, stdout.trim()], [0, "[]"]);
      assertEquals(
        notes.take().filter((line) => line.includes("tools/call")),
        [
          "POST /mcp tools/call add_note 403",
          "POST /mcp tools/call list_notes 200",
        ],
      );
    })
  ));
