/**
 * The options that the package exports, as `deno doc` reads them.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DENO, run } from "../runner/commands.ts";

/** The options of one entry point. */
export interface EntryPoint {
  /** What users import: `@gatehouse/mcp-auth/node`. */
  readonly specifier: string;
  readonly types: readonly OptionType[];
}

/** An interface or a type alias that options are made of. */
export interface OptionType {
  readonly name: string;
  readonly doc: string;
  /** What it extends, or what it is another name for, as it is written. Empty if neither. */
  readonly written: string;
  readonly members: readonly Member[];
}

/** One option. */
export interface Member {
  readonly name: string;
  readonly isOptional: boolean;
  /** As it is written in the source. */
  readonly type: string;
  readonly doc: string;
}

/** As much of `deno doc --json` as is read here. */
interface Output {
  readonly nodes: Readonly<
    Record<string, { readonly symbols: readonly DocSymbol[] }>
  >;
}

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

interface Declaration extends Documented {
  readonly kind: string;
  readonly def: {
    readonly properties?: readonly Property[];
    readonly methods?: readonly Property[];
    readonly extends?: readonly unknown[];
    readonly tsType?: unknown;
  };
}

interface Property extends Documented {
  readonly name: string;
  readonly optional?: boolean;
  readonly tsType?: unknown;
}

interface Documented {
  readonly location: { readonly filename: string; readonly byteIndex: number };
  readonly jsDoc?: { readonly doc?: string };
}

/** Reads the options of every entry point. Each type is listed once, where it is exported first. */
export function readOptions(): EntryPoint[] {
  const { name, exports } = JSON.parse(
    readFileSync(new URL("../../deno.json", import.meta.url), "utf8"),
  );
  const listed = new Set<string>();
  return Object.entries<string>(exports).map(([subpath, file]) => ({
    specifier: name + subpath.slice(1),
    types: typesOf(symbolsOf(file), listed),
  })).filter(({ types }) => types.length > 0);
}

function symbolsOf(file: string): ReadonlyMap<string, Declaration> {
  const { ok, output } = run(DENO, ["doc", "--quiet", "--json", file]);
  if (!ok) throw new Error(output);
  const { nodes }: Output = JSON.parse(output);
  return new Map(
    Object.values(nodes).flatMap(({ symbols }) =>
      symbols.map(({ name, declarations }) => [name, declarations[0]!] as const)
    ),
  );
}

/** The exported `…Options`, and below each the types that its members name. */
function typesOf(
  symbols: ReadonlyMap<string, Declaration>,
  listed: Set<string>,
): OptionType[] {
  const found: OptionType[] = [];
  const add = (name: string): void => {
    const declaration = symbols.get(name);
    if (declaration === undefined) return;
    const { filename, byteIndex } = declaration.location;
    const isType = ["interface", "typeAlias"].includes(declaration.kind);
    if (!isType || listed.has(`${filename}:${byteIndex}`)) return;
    listed.add(`${filename}:${byteIndex}`);
    found.push(typeOf(name, declaration));
    const { properties = [], extends: bases = [], tsType } = declaration.def;
    const types = [...bases, ...properties.map((each) => each.tsType), tsType];
    for (const named of types.flatMap(namesIn)) add(named);
  };
  for (const name of symbols.keys()) if (/Options$/.test(name)) add(name);
  return found;
}

function typeOf(name: string, declaration: Declaration): OptionType {
  const { properties = [], methods = [] } = declaration.def;
  return {
    name,
    doc: docOf(declaration),
    written: writtenOf(declaration),
    members: [
      ...properties.map((each) => ({
        name: each.name,
        isOptional: each.optional ?? false,
        type: typeIn(sourceOf(each)),
        doc: docOf(each),
      })),
      ...methods.map((each) => ({
        name: each.name,
        isOptional: each.optional ?? false,
        type: sourceOf(each).replace(/^\w+\??/, ""),
        doc: docOf(each),
      })),
    ],
  };
}

function writtenOf(declaration: Declaration): string {
  const source = sourceOf(declaration);
  const alias = /^export type \w+(?:<[^>]*>)? = (?:\| )?(.*)$/.exec(source);
  // A conditional type says nothing to somebody who only writes the option.
  if (alias !== null) return alias[1]!.includes(" ? ") ? "" : alias[1]!;
  const body = /^export interface \w+(?:<[^>]*>)? (.*)$/.exec(source)?.[1] ??
    "";
  const isMap = declaration.def.properties === undefined;
  return /^extends ([^{]*?) \{/.exec(body)?.[1] ?? (isMap ? body : "");
}

function docOf({ jsDoc }: Documented): string {
  return (jsDoc?.doc ?? "").trim();
}

/** The names of the types that a type consists of. Those of a function's parameters and results are no options. */
function namesIn(type: unknown): string[] {
  if (typeof type !== "object" || type === null) return [];
  const { kind, value } = type as { kind?: string; value?: unknown };
  if (kind === "fnOrConstructor") return [];
  const own = kind === "typeRef"
    ? [(value as { typeName: string }).typeName]
    : [];
  return [...own, ...Object.values(type).flatMap(namesIn)];
}

/** A property's type, without what every optional one has. */
function typeIn(source: string): string {
  return withoutParens(
    source.replace(/^(?:readonly )?\w+\??: (?:\| )?/, "")
      .replace(/ \| undefined$/, ""),
  );
}

/** A function in a union needs parentheses. Alone, it needs none. */
function withoutParens(type: string): string {
  let depth = 0;
  for (let i = 0; i < type.length; i++) {
    if (type[i] === "(") depth++;
    if (type[i] === ")") depth--;
    if (depth === 0) {
      return i > 0 && i === type.length - 1 ? type.slice(1, -1) : type;
    }
  }
  return type;
}

/** A declaration as it is written, up to its semicolon, on one line. */
function sourceOf({ location }: Documented): string {
  const text = readFileSync(fileURLToPath(location.filename))
    .subarray(location.byteIndex).toString();
  let depth = 0;
  let end = 0;
  for (; end < text.length; end++) {
    if (/[({[]/.test(text[end]!)) depth++;
    if (/[)}\]]/.test(text[end]!)) depth--;
    if (depth === 0 && text[end] === ";") break;
    // An interface ends without one.
    if (depth === 0 && text.startsWith("}\n", end)) break;
  }
  return text.slice(0, end + 1).replace(/;$/, "").replace(/\/\*\*.*?\*\//gs, "")
    .replace(/\s+/g, " ").replace(/(?<=[({:<,]) \|(?= )/g, "")
    .replace(/(?<=[(<]) |,? (?=[)>])/g, "").trim();
}
