/**
 * `deno task e2e`: the clients that people use, each from its first request on. For some of the files:
 * `deno task e2e inspector mcp_remote`.
 *
 * @module
 */
import process from "node:process";
import { say, tally } from "./runner/commands.ts";
import { runClients } from "./runner/suites.ts";

const paths = process.argv.slice(2).filter((argument) => argument !== "--");
const result = runClients({ paths });
say(tally(result));
process.exitCode = result.failed === 0 ? 0 : 1;
