/**
 * Which test files a Worker can run: those that import, themselves or through others, nothing that needs a process.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../commands.ts";

const IMPORT = /^(?:import|export) (?!type )([^"';]*?)from "([^"]+)"/gm;
/** Packages, and Node's modules, that run in a Worker. */
const PORTABLE =
  /^(?:node:(?:assert\/strict|buffer|crypto|util|zlib)|@modelcontextprotocol\/\w+|@std\/assert|fast-check|hono|ipaddr\.js|jose|oauth4webapi|zod)(?:\/|$)/;

/** Programs: what they import when they start needs a process. */
const PROGRAMS = /^tests\/(?:cli|dev_issuer|examples)\//;

const known = new Map<string, boolean>();

/** Whether a file, by its path from the root, runs in a Worker. */
export function runsInWorker(file: string): boolean {
  if (!file.endsWith(".ts")) return true;
  if (PROGRAMS.test(file)) return false;
  if (!known.has(file)) {
    known.set(file, true); // until it is known, for files that import each other
    known.set(file, isPortable(file, readFileSync(join(ROOT, file), "utf8")));
  }
  return known.get(file)!;
}

function isPortable(file: string, source: string): boolean {
  if (source.includes("import.meta.url")) return false;
  return [...source.matchAll(IMPORT)].every(([, names = "", from = ""]) =>
    from.startsWith(".")
      ? runsInWorker(join(file, "..", from))
      : from === "node:test"
      ? names.trim() === "{ test }"
      : PORTABLE.test(from)
  );
}
