import { assert, assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

/**
 * What there is, top to bottom; an import points down only. A name with a slash at its end is a folder, whose files may import
 * each other. Names are relative to src.
 */
const LAYERS: readonly (readonly string[])[] = [
  ["adapters/", "doctor/", "providers/", "testing/"],
  ["../mod.ts"],
  ["protect_resources.ts"],
  ["protect.ts"],
  ["stages.ts"],
  ["token_stages.ts"],
  ["options.ts"],
  ["origin.ts"],
  [
    "access_token.ts",
    "cors.ts",
    "credentials.ts",
    "documents.ts",
    "first_of.ts",
    "introspection.ts",
    "introspection_verifier.ts",
    "jwt_verifier.ts",
    "lists.ts",
    "operations.ts",
    "scopes.ts",
    "sessions.ts",
  ],
  [
    "authorization_server.ts",
    "client_authentication.ts",
    "implied_scopes.ts",
    "inquiries.ts",
    "key_sets.ts",
    "routing_fields.ts",
    "scope_policy.ts",
    "step_up.ts",
    "token_cache.ts",
  ],
  [
    "client_assertion.ts",
    "freshness.ts",
    "jwks.ts",
    "metadata.ts",
    "operation_table.ts",
    "shared_documents.ts",
    "weak_keys.ts",
  ],
  ["jws.ts", "name_patterns.ts"],
  ["operation_names.ts"],
  ["decisions.ts", "public_document.ts", "refusals.ts"],
  [
    "challenge.ts",
    "fetch_json.ts",
    "paths.ts",
    "responses.ts",
    "streams.ts",
    "work.ts",
  ],
  [
    "caller.ts",
    "deadline.ts",
    "errors.ts",
    "identifiers.ts",
    "jwa.ts",
    "platform.ts",
  ],
  ["base64.ts", "memory.ts", "types.ts"],
];

/** The imports within a layer, each a pair that goes one way. */
const SIDEWAYS: readonly (readonly [from: string, to: string])[] = [
  ["introspection.ts", "access_token.ts"],
  ["introspection_verifier.ts", "introspection.ts"],
  ["jwt_verifier.ts", "access_token.ts"],
  ["key_sets.ts", "authorization_server.ts"],
  ["lists.ts", "scopes.ts"],
  ["scope_policy.ts", "step_up.ts"],
];

/** All that mod.ts reaches outside the package. */
const CORE_DEPENDENCIES: readonly string[] = [];

const src = new URL("../src/", import.meta.url);
const files = [
  "../mod.ts",
  ...readdirSync(src, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path)),
];
const imports = new Map(files.map((file) => [file, importsOf(file)]));

test("every file below src has its place in one layer", () => {
  assertEquals(files.filter((file) => layerOf(file) === -1), []);
  const names = LAYERS.flat();
  assertEquals(names.filter((name, i) => names.indexOf(name) !== i), []);
  assertEquals(
    names.filter((name) =>
      !name.endsWith("/") && !files.some((file) => file === name)
    ),
    [],
  );
});

test("imports point down", () => {
  const upward = [...imports].flatMap(([from, specifiers]) =>
    specifiers
      .flatMap((specifier) => localFile(from, specifier) ?? [])
      .filter((to) => !isAllowed(from, to))
      .map((to) => `${from} imports ${to}`)
  );
  assertEquals(upward, []);
});

test("an import within a layer is one that is listed, and there", () => {
  for (const [from, to] of SIDEWAYS) {
    assertEquals(layerOf(from), layerOf(to), `${from} and ${to}`);
    assert(
      imports.get(from)?.some((specifier) => localFile(from, specifier) === to),
      `${from} does not import ${to}`,
    );
  }
});

test("mod.ts reaches no adapter, no provider, no testing and no doctor", () => {
  assertEquals(core().filter((file) => placeOf(file).endsWith("/")), []);
});

test("mod.ts reaches no package, no runtime's module, and no URL", () => {
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
    .replace(/^export (?:type )?\{[^}]*\} from "\.\/src\/\w+\.ts";$/gm, "");
  assertEquals(statements.trim(), "");
});

function layerOf(file: string): number {
  return LAYERS.findIndex((layer) => layer.includes(placeOf(file)));
}

/** The layers' name for a file: its own, or its folder's. */
function placeOf(file: string): string {
  const folder = file.indexOf("/") + 1;
  return folder === 0 || file.startsWith("../") ? file : file.slice(0, folder);
}

function isAllowed(from: string, to: string): boolean {
  if (placeOf(from) === placeOf(to)) return placeOf(from).endsWith("/");
  return layerOf(from) < layerOf(to) ||
    SIDEWAYS.some((pair) => pair[0] === from && pair[1] === to);
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
