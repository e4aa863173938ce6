/**
 * Codex, with a home of its own.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import process from "node:process";
import type { Ending } from "../../e2e/example.ts";
import { FOLLOW_LOGIN, withHome } from "../peers.ts";
import {
  FOLLOW_BRIDGE_LOGIN,
  installedAgent,
  logInByUrl,
  runAgent,
} from "./agents.ts";
import { type ToolCall, withModel } from "./model.ts";

/** Codex. */
export interface Codex {
  readonly home: string;
  /** `codex mcp …` */
  mcp(...args: readonly string[]): Promise<Ending>;
  /** The same, where it prints a URL to log in by. */
  logIn(...args: readonly string[]): Promise<Ending>;
  /** The same at a bridge, where the user consents. */
  consent(...args: readonly string[]): Promise<Ending>;
  /** Resolves to what the model was told about a call of a tool. */
  call(call: ToolCall): Promise<string>;
}

/** Lends Codex to a function. */
export function withCodex(use: (codex: Codex) => Promise<void>): Promise<void> {
  return withHome(async (home) => {
    const program = installedAgent("@openai/codex/bin/codex.js");
    const command = [process.execPath, program];
    const variables = { CODEX_HOME: home };
    const logIn = (user: string, args: readonly string[]): Promise<Ending> =>
      logInByUrl([...command, "mcp", ...args], home, variables, user);
    await use({
      home,
      mcp: (...args) => runAgent([...command, "mcp", ...args], home, variables),
      logIn: (...args) => logIn(FOLLOW_LOGIN, args),
      consent: (...args) => logIn(FOLLOW_BRIDGE_LOGIN, args),
      async call(toolCall): Promise<string> {
        let result = "";
        await withModel(toolCall, async ({ origin, result: told }) => {
          const provider =
            `{ name = "model", base_url = "${origin}/v1", wire_api = "responses" }`;
          const settings = [
            "model=model",
            "model_provider=model",
            `model_providers.model=${provider}`,
          ];
          const { status, stderr } = await runAgent(
            [
              ...command,
              "exec",
              "--skip-git-repo-check",
              "--dangerously-bypass-approvals-and-sandbox",
              ...settings.flatMap((setting) => ["-c", setting]),
              "Go",
            ],
            home,
            variables,
          );
          assertEquals(status, 0, stderr);
          result = told();
        });
        return result;
      },
    });
  });
}
