import { assert, assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

/** The folders of the core, top to bottom. */
const FOLDERS: readonly string[] = [
  "discovery",
  "scopes",
  "mcp",
  "tokens",
  "issuers",
  "http",
  "runtime",
];

/** The files directly in src that every folder may import. */
const SHARED: readonly string[] = ["errors.ts", "types.ts"];

/** The packages that mod.ts reaches. */
const CORE_DEPENDENCIES: readonly string[] = ["jose"];

const src = new URL("../src/", import.meta.url);
const files = [
  "../mod.ts",
  ...readdirSync(src, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path)),
];
const imports = new Map(files.map((file) => [file, importsOf(file)]));

test("an import of the core points down the folders, stays in its own, or names a shared file", () => {
  const wrong = files.flatMap((file) =>
    localImports(file)
      .filter((other) => levelOf(other) < levelOf(file))
      .map((other) => `${file} imports ${other}`)
  );
  assertEquals(wrong, []);
});

test("no imports go in a circle, those of types included", () => {
  const left = new Set(files);
  for (let size = 0; size !== left.size;) {
    size = left.size;
    for (const file of left) {
      const isImported = [...left].some((other) =>
        localImports(other).includes(file)
      );
      const imports = localImports(file).some((other) => left.has(other));
      if (!isImported || !imports) left.delete(file);
    }
  }
  assertEquals([...left], []);
});

test("at most ten files lie directly in src", () => {
  const direct = files.filter((file) => !file.includes("/"));
  assert(direct.length <= 10, direct.join(", "));
});

test("mod.ts reaches no folder beside the core", () => {
  const beside = core().filter((file) =>
    file.includes("/") && !FOLDERS.includes(folderOf(file)) &&
    file !== "../mod.ts"
  );
  assertEquals(beside, []);
});

test("mod.ts reaches no package but jose, no runtime's module, and no URL", () => {
  const outside = core().flatMap((file) =>
    (imports.get(file) ?? []).filter((specifier) =>
      localFile(file, specifier) === undefined
    )
  );
  assertEquals([...new Set(outside)].sort(), CORE_DEPENDENCIES);
});

test("every file that the clause table of the architecture names exists", () => {
  const [, table = ""] = read("../docs/architecture.md")
    .split("## Clause by clause");
  const named = [...table.matchAll(/[\w/]+\.ts/g)].map(([name]) => name);
  const tests = readdirSync(new URL("../tests/", src), {
    recursive: true,
    encoding: "utf8",
  }).map((path) => path.replace(/^.*[\\/]/, ""));
  const there = new Set([...files, ...tests]);
  assert(named.length > 50);
  assertEquals(named.filter((name) => !there.has(name)), []);
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

/** How far down a file is. Those directly in src compose the rest, except the shared ones, which are at the bottom. */
function levelOf(file: string): number {
  return SHARED.includes(file)
    ? FOLDERS.length - 1
    : FOLDERS.indexOf(folderOf(file));
}

/** mod.ts and every file that it reaches. */
function core(): string[] {
  const reached = new Set(["../mod.ts"]);
  for (const file of reached) {
    for (const other of localImports(file)) reached.add(other);
  }
  return [...reached];
}

/** The files of the package that a file imports. */
function localImports(file: string): string[] {
  return (imports.get(file) ?? [])
    .map((specifier) => localFile(file, specifier))
    .filter((other) => other !== undefined);
}

/** The file of the package that a specifier names, seen from another one. */
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
