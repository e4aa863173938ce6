/**
 * Names that stand for many, as a resource template writes them
 * ({@link https://www.rfc-editor.org/rfc/rfc6570 | RFC 6570}): `{name}` is what stands between two slashes or a part of
 * it, `{+name}` whatever is left, and so is `*`.
 * Not implemented, and refused: the other operators of RFC 6570, two `{name}` between the same slashes, and anything
 * behind what is left. So matching takes time in proportion to the name, whoever wrote it.
 *
 * @module
 */

import { lookupName, namesAreUris } from "./operation_names.ts";

const EXPRESSION = /(\{\+?[\w.]+\}|\*)/;
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
  const parts = pattern.split(EXPRESSION);
  const expressions = parts.filter((_, i) => i % 2 === 1);
  const written = parts.filter((_, i) => i % 2 === 0);
  const whole = written.join(MARK);
  const literals = lookupName(method, whole).split(MARK);
  const isUri = namesAreUris(method);
  if (
    written.some(isPattern) || literals.length !== written.length ||
    isUri && !(URL.canParse(whole) && written[0]?.includes(":")) ||
    expressions.some((expression, i) => {
      const isLast = i === expressions.length - 1;
      return isRest(expression)
        ? !isLast || written[i + 1] !== ""
        : !isLast && !isRest(expressions[i + 1]!) &&
          !written[i + 1]?.includes("/");
    })
  ) {
    throw new TypeError(
      `Cannot use ${pattern} in ${method}: write {name} once between two slashes, {+name} or * at the end${
        isUri ? ", and the scheme and the port in full" : ""
      }`,
    );
  }
  const source = literals.map((literal, i) =>
    literal.replace(/[$()+./?[\\\]^|]/g, "\\$&") +
    (expressions[i] === undefined
      ? ""
      : isRest(expressions[i])
      ? "[^]*"
      : "[^/]+")
  );
  return new RegExp(`^${source.join("")}$`);
}

function isRest(expression: string): boolean {
  return expression === "*" || expression.startsWith("{+");
}
