/**
 * Names that stand for many, as a resource template writes them
 * ({@link https://www.rfc-editor.org/rfc/rfc6570 | RFC 6570}): `{name}` is what stands between two slashes or a part of
 * it, `{+name}` whatever is left, and so is `*`.
 * Not implemented, and refused: the other operators of RFC 6570, two `{name}` between the same slashes, and anything
 * behind what is left. So matching takes time in proportion to the name, whoever wrote it.
 *
 * @module
 */

import { lookupName, namesAreUris } from "../mcp/operation_names.ts";

const EXPRESSION = /\{\+?[\w.]+\}|\*/g;
/** At most one `{name}` between two slashes, and what is left at the end alone. */
const PATTERN =
  /^(?:[^{}*/]*(?:\{[\w.]+\})?[^{}*/]*(?:\/|(?:\{\+[\w.]+\}|\*)?$))+$/;
const ENDS_IN_REST = /(?:\*|\{\+[\w.]+\})$/;
/** Letters that stand for an expression while a URI is read: they are the same in every part of one. */
const MARK = "gatehouse-expression";

/** Whether a name stands for many. */
export function isPattern(name: string): boolean {
  return /[{}*]/.test(name);
}

/**
 * What matches the names that a pattern stands for, as they are looked up.
 *
 * @throws {TypeError} If it is not a pattern. The message says what one is.
 */
export function namePattern(method: string, pattern: string): RegExp {
  const whole = pattern.replace(EXPRESSION, MARK);
  const literals = lookupName(method, whole).split(MARK);
  if (
    !PATTERN.test(pattern) ||
    literals.length !== pattern.split(EXPRESSION).length ||
    namesAreUris(method) &&
      !(URL.canParse(whole) && literals[0]?.includes(":"))
  ) {
    throw new TypeError(
      `Cannot use ${pattern} in ${method}: write {name} once between two slashes, {+name} or * at the end, and a URI's scheme and port in full`,
    );
  }
  const source = literals
    .map((literal) => literal.replace(/[$()+.?[\\\]^|]/g, "\\$&"))
    .join("[^/]+");
  return new RegExp(
    `^${
      ENDS_IN_REST.test(pattern)
        ? source.replace(/\[\^\/\]\+$/, "[^]*")
        : source
    }$`,
  );
}
