import { assert, assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

/** The folders of the core, top to bottom: an import points down, or stays in its folder. */
const FOLDERS: readonly string[] = [
  "discovery",
  "scopes",
  "mcp",
  "tokens",
  "issuers",
  "http",
  "runtime",
];

/** Folders beside the core, which mod.ts never reaches. */
const BESIDE: readonly string[] = [
  "adapters",
  "bridge",
  "doctor",
  "gateway",
  "providers",
  "testing",
];

/** All that mod.ts reaches outside the package. */
const CORE_DEPENDENCIES: readonly string[] = ["jose"];

const src = new URL("../src/", import.meta.url);
const files = [
  "../mod.ts",
  ...readdirSync(src, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path)),
];
const imports = new Map(files.map((file) => [file, importsOf(file)]));

test("every folder of src is known", () => {
  const folders = new Set(
    files.filter((file) => file.includes("/") && !file.startsWith("../"))
      .map(folderOf),
  );
  assertEquals([...folders].sort(), [...FOLDERS, ...BESIDE].sort());
});

test("at most ten files lie directly in src", () => {
  const direct = files.filter((file) => !file.includes("/"));
  assert(direct.length <= 10, direct.join(", "));
});

test("mod.ts reaches no adapter, no provider, no testing and no doctor", () => {
  assertEquals(core().filter((file) => BESIDE.includes(folderOf(file))), []);
});

test("mod.ts reaches no package but jose, no runtime's module, and no URL", () => {
  const outside = core().flatMap((file) =>
    (imports.get(file) ?? []).filter((specifier) =>
      localFile(file, specifier) === undefined
    )
  );
  assertEquals([...new Set(outside)].sort(), CORE_DEPENDENCIES);
});

test("mod.ts names what it exports one by one, and does nothing else", () => {
  const statements = read("../mod.ts")
    .replace(/\/\*[^]*?\*\//g, "")
    .replace(/^export (?:type )?\{[^}]*\} from "\.\/src\/[\w/]+\.ts";$/gm, "");
  assertEquals(statements.trim(), "");
});

/** The folder of src that a file is in; its own name where it is in none. */
function folderOf(file: string): string {
  return file.startsWith("../") ? file : file.split("/")[0]!;
}

/** mod.ts and every file that it reaches. */
function core(): string[] {
  const reached = new Set(["../mod.ts"]);
  for (const file of reached) {
    for (const specifier of imports.get(file) ?? []) {
      const to = localFile(file, specifier);
      if (to !== undefined) reached.add(to);
    }
  }
  return [...reached];
}

/** Which file of the package a specifier names, seen from another one. */
function localFile(from: string, specifier: string): string | undefined {
  if (!/^\.{0,2}\//.test(specifier)) return undefined;
  const { href } = new URL(specifier, new URL(from, src));
  if (href.startsWith(src.href)) return href.slice(src.href.length);
  return `../${href.slice(new URL("../", src).href.length)}`;
}

/**
 * The specifiers a file imports, types included. A statement starts its line (the formatter sees to that), which
 * an example in a doc comment never does.
 */
function importsOf(file: string): string[] {
  const code = read(file).replace(/^\s*(?:\*|\/[/*]).*$/gm, "");
  const statements = code.matchAll(
    /^(?:import|export)\b(?:[^;"]*?\bfrom)?\s*"([^"]+)"/gm,
  );
  const calls = code.matchAll(/\bimport\(\s*("([^"]*)"|[^)]*)/g);
  return [
    ...[...statements].map((match) => match[1]!),
    ...[...calls].map((match) => match[2] ?? match[1]!),
  ];
}

function read(file: string): string {
  return readFileSync(new URL(file, src), "utf8");
}
