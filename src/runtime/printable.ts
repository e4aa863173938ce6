/**
 * Strings from outside, made fit for a log or a terminal.
 *
 * @module
 */

/** The default limit of {@linkcode printable}, in characters. */
const MAX_LENGTH = 400;

/** Limits of {@linkcode printableList}: a token may list thousands of audiences. */
const MAX_ITEMS = 16;
const MAX_ITEM_LENGTH = 256;

/**
 * Characters that control a terminal, change the direction of text or are invisible: the controls of ISO 6429,
 * Unicode's format characters, line separators, tags, lone surrogates and private-use characters.
 */
const INVISIBLE = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}|\p{Co}/gu;

/** The string with invisible and control characters written as `\u{1b}`, cut after `maxLength` characters. */
export function printable(
  text: string,
  maxLength: number = MAX_LENGTH,
): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  // Almost every string is ASCII, and needs no slow pattern.
  if (/^[ -~]*$/.test(cut)) return cut;
  return cut.replace(
    INVISIBLE,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/**
 * A value, or the items of an array, as at most 16 {@linkcode printable} strings of at most 256 characters. Numbers and
 * booleans are written out; of anything else only its type is named.
 */
export function printableList(value: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.slice(0, MAX_ITEMS).map((item) =>
    typeof item === "string"
      ? printable(item, MAX_ITEM_LENGTH)
      : typeof item === "number" || typeof item === "boolean"
      ? `${item}`
      : item === null
      ? "null"
      : typeof item
  );
}
