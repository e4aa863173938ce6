/**
 * The examples in the documents, as programs: each `ts` block is loaded as it stands, with this repository for the
 * package.
 *
 * @module
 */
import {
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** A block, and where it stands. */
export interface Block {
  /** The document and the heading above it: `docs/runtimes.md: Hono`. */
  readonly place: string;
  readonly code: string;
}

const ROOT = new URL("../../", import.meta.url);
const { name, exports } = JSON.parse(read("deno.json"));

/** Headings, and fenced blocks with their language. A heading inside a block is none. */
const PARTS = /^```(.*)\n([^]*?)^```$|^#+ (.+)$/gm;

/** The blocks of all documents. `ts ignore` is a fragment. */
export function blocks(): Block[] {
  const files = ["README.md", ...globSync("docs/**/*.md", { cwd: ROOT })];
  return files.map((file) => file.replaceAll("\\", "/")).flatMap(blocksIn);
}

function blocksIn(file: string): Block[] {
  let heading = "";
  const found: Block[] = [];
  for (const [, language, code, title] of read(file).matchAll(PARTS)) {
    if (title !== undefined) heading = title;
    else if (language === "ts") {
      found.push({ place: `${file}: ${heading}`, code: code! });
    }
  }
  return found;
}

/**
 * Runs a block's program, and gives what it exports.
 *
 * @param instead What stands for a module that it imports.
 */
export async function load<Exports>(
  code: string,
  instead: Readonly<Record<string, string>> = {},
): Promise<Exports> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
  try {
    const path = join(folder, "block.ts");
    const resolve = (specifier: string): string =>
      instead[specifier] ?? resolved(specifier);
    writeFileSync(path, code.replace(/(?<=\bfrom ")[^"]+(?=";$)/gm, resolve));
    return await import(pathToFileURL(path).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function resolved(specifier: string): string {
  return specifier === name || specifier.startsWith(`${name}/`)
    ? new URL(exports[`.${specifier.slice(name.length)}`], ROOT).href
    : import.meta.resolve(specifier);
}

function read(file: string): string {
  return readFileSync(new URL(file, ROOT), "utf8");
}
