/**
 * Optional members of options accept `undefined`: with `exactOptionalPropertyTypes`, a program cannot hand on
 * `process.env.NAME` otherwise. `deno doc` says what is public.
 */
import { assertEquals } from "@std/assert";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** Types that programs read and do not write: some must be assignable to the MCP SDK's or AWS' own, which are exact. */
const READ_ONLY: readonly string[] = [
  "AuthInfo",
  "Client",
  "Exchange",
  "LambdaResult",
  "Operation",
  "Refused",
];

const ROOT = fileURLToPath(new URL("..", import.meta.url));

test("every optional member of a public type accepts undefined", () => {
  const { exports } = JSON.parse(readFileSync(`${ROOT}/deno.json`, "utf8"));
  const files = Object.values<string>(exports);
  const doc = JSON.parse(
    execFileSync("deno", ["doc", "--json", ...files], {
      cwd: ROOT,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    }),
  );
  const nodes = Object.values<Doc>(doc.nodes);
  const symbols = nodes.flatMap(({ symbols }) => symbols);
  const exact = symbols
    .filter(({ name }) => !READ_ONLY.includes(name))
    .flatMap(({ name, declarations }) =>
      exactMembers(declarations).map((member) => `${name}.${member}`)
    );
  assertEquals([...new Set(exact)].sort(), []);
  const unused = READ_ONLY.filter((name) =>
    !symbols.some((symbol) => symbol.name === name)
  );
  assertEquals(unused, []);
});

/** What `deno doc --json` writes of a file. */
interface Doc {
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly unknown[];
  }[];
}

/** The optional members anywhere in a declaration whose type leaves `undefined` out. */
function exactMembers(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { optional, name, tsType } = value as Record<string, unknown>;
  const isExact = optional === true && tsType !== undefined &&
    "location" in value && !acceptsUndefined(tsType);
  return [
    ...(isExact ? [`${name}`] : []),
    ...Object.values(value).flatMap(exactMembers),
  ];
}

function acceptsUndefined(tsType: unknown): boolean {
  const { kind, value } = tsType as { kind: string; value: unknown };
  return kind === "keyword"
    ? /^(?:any|undefined|unknown)$/.test(`${value}`)
    : kind === "union" && (value as unknown[]).some(acceptsUndefined);
}
