/**
 * What a server sent, made fit to be shown: it may hold a terminal's commands, or be without end.
 *
 * @module
 */

/** How much of a server's value is shown. */
const MAX_LENGTH = 400;

/**
 * Characters that a terminal obeys, that turn the direction of text, or that nobody sees: the controls of ISO 6429,
 * Unicode's format characters, its line separators, its tags, and halves of surrogate pairs.
 */
const UNSEEN = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}|\p{Co}/gu;

/** A text in which nothing is hidden and nothing commands: such characters are written as `\u{1b}`. */
export function printable(
  text: string,
  maxLength: number = MAX_LENGTH,
): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.replace(
    UNSEEN,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** A value as JSON, or that it is missing. */
export function quoted(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "missing";
  } catch {
    // A RangeError: what could be read may be nested too deeply to be written again.
    return "nested too deeply";
  }
}

/** A list as people write it: `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2
    ? last
    : `${items.slice(0, -1).join(", ")} and ${last}`;
}

/** A count and its noun: `1 error`, `2 errors`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
