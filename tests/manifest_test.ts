import { assert, assertEquals, assertMatch } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { VERSION } from "../src/runtime/version.ts";
import { OLDEST_VERSIONS } from "./runner/runtimes.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly imports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** deno.json is where the package's name, version and exports are written; the others repeat them for their tools. */
const deno = manifest("deno.json");
const jsr = manifest("jsr.json");
const npm = manifest("package.json");

const pinned = new Map(
  Object.values(deno.imports ?? {})
    .flatMap((specifier) => [/^npm:\/?(@?[^@]+)@([^/]+)\/?$/.exec(specifier)])
    .flatMap((match) => match === null ? [] : [[match[1]!, match[2]!]]),
);
const installed = { ...npm.dependencies, ...npm.devDependencies };

/**
 * What only one of the two package managers needs: JSR has @std/assert for Deno, and tests/std_assert stands in for it
 * elsewhere; TypeScript builds npm's package.
 */
const ONLY_IN_PACKAGE_JSON: readonly string[] = ["@std/assert", "typescript"];

const RUNTIME_NAMES = { node: "Node\\.js", bun: "Bun", deno: "Deno" };

for (const member of ["name", "version", "license"] as const) {
  test(`jsr.json and package.json repeat deno.json's ${member}`, () => {
    assertEquals(jsr[member], deno[member]);
    assertEquals(npm[member], deno[member]);
  });
}

test("jsr.json repeats deno.json's exports", () => {
  assertEquals(jsr.exports, deno.exports);
});

test("package.json has deno.json's exports: as built, and as sources in a clone, the types first", () => {
  const expected = Object.entries(deno.exports).map(([subpath, value]) => {
    const source = String(value);
    const built = source.replace(/^\.\/(.*)\.ts$/, "./dist/$1");
    return [subpath, {
      "types": `${built}.d.ts`,
      "gatehouse-source": source,
      "default": `${built}.js`,
    }];
  });
  const manifest = ["./package.json", "./package.json"];
  // As text: conditions are tried in their order.
  assertEquals(
    JSON.stringify(npm.exports, null, 2),
    JSON.stringify(Object.fromEntries([...expected, manifest]), null, 2),
  );
});

test("tsconfig.json maps deno.json's exports to the sources, for Bun and esbuild", () => {
  const { compilerOptions } = JSON.parse(read("tsconfig.json"));
  const expected = Object.entries(deno.exports).map(([subpath, source]) => [
    `${deno.name}${subpath.slice(1)}`,
    [source],
  ]);
  assertEquals(compilerOptions, { paths: Object.fromEntries(expected) });
});

test("package.json's commands are built from programs that Node.js runs", () => {
  const commands = Object.entries(npm.bin ?? {});
  assertEquals(commands.map(([name]) => name), ["gatehouse"]);
  for (const [, built] of commands) {
    const source = built.replace(/^dist\/(.*)\.js$/, "$1.ts");
    assertMatch(read(source), /^#!\/usr\/bin\/env node\n/);
  }
});

test("the package is built by the compiler that compiles users' programs", () => {
  const { dependencies } = manifest("tests/runner/programs/package.json");
  assertEquals(npm.devDependencies?.typescript, dependencies?.typescript);
});

test("docs/runtimes.md states the oldest versions that are tried", () => {
  const text = read("docs/runtimes.md");
  for (const [runtime, name] of Object.entries(RUNTIME_NAMES)) {
    const oldest = OLDEST_VERSIONS[runtime as keyof typeof OLDEST_VERSIONS];
    assertMatch(text, new RegExp(`^\\| ${name} +\\| ${oldest} +\\|`, "m"));
  }
});

test("the code knows deno.json's version", () => {
  assertEquals(VERSION, deno.version);
});

test("deno.json pins every npm package to package.json's version, and package.json none but those", () => {
  const fromNpm = Object.entries(installed).filter(([name]) =>
    !ONLY_IN_PACKAGE_JSON.includes(name)
  );
  assertEquals(Object.fromEntries(pinned), Object.fromEntries(fromNpm));
});

test("deno.json maps a package and what is below it to one version", () => {
  for (const [name, specifier] of Object.entries(deno.imports ?? {})) {
    if (!specifier.startsWith("npm:")) continue;
    const version = pinned.get(name.replace(/\/$/, ""));
    const slash = name.endsWith("/") ? "/" : "";
    assertEquals(
      specifier,
      `npm:${slash}${name.replace(/\/$/, "")}@${version}${slash}`,
    );
  }
});

test("a pin is one exact version", () => {
  for (const version of pinned.values()) {
    assertMatch(version, /^\d+\.\d+\.\d+$/);
  }
});

test("tests/std_assert answers to deno.json's range of @std/assert", () => {
  const range = deno.imports?.["@std/assert"];
  assertEquals(range, "jsr:@std/assert@^1");
  for (const file of ["deno.json", "package.json"]) {
    const { name, version } = manifest(`tests/std_assert/${file}`);
    assertEquals(name, "@std/assert");
    assertMatch(version, /^1\./);
  }
});

/** What tests/clients installs beside the clients: other makers' servers and frameworks, a judge, a browser's driver, and what they want. */
const NOT_CLIENTS: readonly string[] = [
  "@better-auth/core",
  "@better-auth/oauth-provider",
  "@better-auth/utils",
  "@better-fetch/fetch",
  "@modelcontextprotocol/node",
  "@modelcontextprotocol/server",
  "better-auth",
  "better-call",
  "express-4",
  "fastify",
  "h3",
  "h3-1",
  "oauth2-mock-server",
  "oauth4webapi",
  "playwright-core",
];

test("docs/clients.md names the clients at the versions that are run", () => {
  const agents = manifest("tests/clients/agents/package.json");
  const clients = {
    ...manifest("tests/clients/package.json").dependencies,
    ...agents.dependencies,
    ...agents.optionalDependencies,
  };
  const versions = Object.entries(clients)
    .filter(([name]) => !NOT_CLIENTS.includes(name))
    .map(([, version]) => version.replace(/^npm:.*@/, ""));
  const sdks = ["@modelcontextprotocol/client", "@modelcontextprotocol/sdk"]
    .map((name) => pinned.get(name) ?? "");
  const text = read("docs/clients.md");
  const rows = text.matchAll(/^\|[^|]+\| +(\d+\.\d+\.\d+) +\|/gm);
  assertEquals(
    [...rows].map(([, version]) => version).sort(),
    [...versions, ...sdks].sort(),
  );
});

for (const file of ["bun.lock", "deno.lock", "package.json", "jsr.json"]) {
  test(`${file} names no registry: whoever installs brings their own`, () => {
    const lines = read(file).split("\n");
    const pattern = /:\/\/|\bregistry\.|"(?:resolved|tarball)"/;
    assertEquals(lines.filter((line) => pattern.test(line)), []);
  });
}

for (const folder of ["tests/clients", "tests/clients/agents"]) {
  test(`${folder}/package-lock.json names no registry either`, () => {
    const lines = read(`${folder}/package-lock.json`).split("\n");
    const pattern = /\bregistry\.|"resolved"/;
    assertEquals(lines.filter((line) => pattern.test(line)), []);
  });
}

test("deno.lock has no hash for the stand-in of a JSR package", () => {
  const lock = JSON.parse(read("deno.lock"));
  assert(lock.jsr === undefined, "deno.lock holds JSR packages");
});

function manifest(file: string): Manifest {
  return JSON.parse(read(file));
}

function read(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
}
