/**
 * Patterns for names, in the notation of resource templates
 * ({@link https://www.rfc-editor.org/rfc/rfc6570 | RFC 6570}): `{id}` is a segment or a part of it, `{+path}` the rest,
 * and `{?a,b}` a query with these parameters. `*`, which RFC 6570 does not have, is the rest, which may be empty. Not
 * implemented, and rejected: the other operators of RFC 6570, two variables in one segment, and anything but a query
 * after the rest. So the time to match grows linearly with the name.
 *
 * @module
 */

import { targetsAreUris } from "../mcp/operation_targets.ts";
import { resolved, serialized } from "../mcp/resource_uris.ts";

/** A compiled pattern. The three functions differ only for URIs. */
export interface NamePattern {
  /** Whether the pattern covers a name. In a URI, no variable matches `?` or `#`. */
  covers(name: string): boolean;
  /** Whether a server may dispatch a URI to the pattern. Here variables match more characters. */
  mayMatch(uri: string): boolean;
  /** Whether a handler may read a URI as one that the pattern matches; `reading` is resolved. */
  mayMatchReading(reading: string): boolean;
}

type Variable = "segment" | "parameter" | "rest" | "star";

/** What variables match, as a part of a regular expression. */
type Sources = Readonly<Record<Variable, string>>;

/** At most what the MCP SDKs match. */
const EXACT: Sources = {
  segment: "[^/,]+",
  parameter: "[^/,&]+",
  rest: ".+",
  star: "[^]*",
};
/** At least what the MCP SDKs match. */
const POSSIBLE: Sources = {
  segment: "[^/]+",
  parameter: "[^/]+",
  rest: "[^]*",
  star: "[^]*",
};

const EXPRESSION = /\{\+?[\w.]+\}|\*/g;
/** At most one variable between two slashes, and the rest only at the end. */
const PATTERN =
  /^(?:[^{}*/]*(?:\{[\w.]+\})?[^{}*/]*(?:\/|(?:\{\+[\w.]+\}|\*)?$))+$/;
const QUERY = /^([^?#]*)\{\?([\w.]+(?:,[\w.]+)*)\}$/;
/**
 * A placeholder for an expression while a URI is parsed. Parsing does not change these letters in any part of a URI.
 */
const MARK = "gatehouse-expression";

/** Whether a name is written as a pattern. */
export function isPattern(name: string): boolean {
  return /[{}*]/.test(name);
}

/**
 * Compiles a pattern for the names of a method.
 *
 * @throws {TypeError} If it is not a pattern. The message says what to write.
 */
export function namePattern(method: string, pattern: string): NamePattern {
  const isUri = targetsAreUris(method);
  const [, path = pattern, query] = isUri ? QUERY.exec(pattern) ?? [] : [];
  const variables = variablesOf(path);
  const marked = path.replace(EXPRESSION, MARK);
  const [written, parsed, read] = [marked, serialized(marked), resolved(marked)]
    .map((spelling) => spelling.split(MARK)) as [string[], string[], string[]];
  const areWhole = [written, parsed, read]
    .every(({ length }) => length === variables.length + 1);
  const isAbsolute = URL.canParse(marked) && written[0]!.includes(":");
  if (!PATTERN.test(path) || isUri && !(areWhole && isAbsolute)) {
    throw new TypeError(
      `Cannot use ${pattern} in ${method}: write {name} once between two slashes, {+name} or * at the end, in a URI {?name,name} after that, and its scheme and port in full`,
    );
  }
  if (!isUri) {
    const name = new RegExp(`^${sourceOf(written, variables, POSSIBLE)}$`);
    const covers = (text: string): boolean => name.test(text);
    return { covers, mayMatch: covers, mayMatchReading: covers };
  }

  const anyOf = (
    spellings: readonly (readonly string[])[],
    sources: Sources,
    end = "",
  ): RegExp => {
    const all = spellings.map((literals) =>
      sourceOf(literals, variables, sources)
    );
    return new RegExp(`^(?:${[...new Set(all)].join("|")})${end}$`);
  };
  const exactPath = anyOf([written, parsed], EXACT);
  const exactQuery = new RegExp(
    `^\\?${query?.replaceAll(".", "\\.").replaceAll(",", "=[^&]+&")}=[^&]+$`,
  );
  const last = variables.at(-1);
  // The rest matches a query too: to find where the query starts, every split of the name would have to be tried.
  const anyQuery = query === undefined || last === "rest" || last === "star"
    ? ""
    : "\\?[^]*";
  const possible = anyOf([written, parsed], POSSIBLE, anyQuery);
  const possibleReading = anyOf([read], POSSIBLE, anyQuery);
  const delimiters = delimitersOf(path) + (query === undefined ? "" : "?");
  return {
    covers(uri): boolean {
      // If the name has as many delimiters as the literals, no variable contains one.
      if (delimitersOf(uri) !== delimiters) return false;
      if (query === undefined) return exactPath.test(uri);
      const start = uri.indexOf("?");
      return exactPath.test(uri.slice(0, start)) &&
        exactQuery.test(uri.slice(start));
    },
    mayMatch: (uri) =>
      (query === undefined || uri.includes("?")) && possible.test(uri),
    mayMatchReading: (reading) =>
      (query === undefined || reading.includes("?")) &&
      possibleReading.test(reading),
  };
}

function variablesOf(path: string): Variable[] {
  return [...path.matchAll(EXPRESSION)].map(({ 0: expression, index }) => {
    if (expression === "*") return "star";
    if (expression.startsWith("{+")) return "rest";
    return path.lastIndexOf("?", index) >= 0 ? "parameter" : "segment";
  });
}

function sourceOf(
  literals: readonly string[],
  variables: readonly Variable[],
  sources: Sources,
): string {
  return literals.map((literal, i) => {
    const variable = variables[i];
    return literal.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&") +
      (variable === undefined ? "" : sources[variable]);
  }).join("");
}

/** The characters at which a query and a fragment start. */
function delimitersOf(uri: string): string {
  return uri.replace(/[^?#]+/g, "");
}
