/**
 * Which known name a misspelt one was meant to be.
 *
 * @module
 */

/** A longer name is no misspelling of an option. */
const MAX_LENGTH = 100;

/**
 * The known name that differs from a name only in case and separators, or else in one letter (of at least four) or two
 * (of at least eight): added, left out, replaced or swapped with the next. `undefined` if there is none.
 */
export function nearestName(
  name: string,
  known: readonly string[],
): string | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  const bare = bareName(name);
  const near = known.map((each) => {
    const other = bareName(each);
    const limit = other.length < 4 ? 0 : other.length < 8 ? 1 : 2;
    return { each, mistakes: mistakes(bare, other), limit };
  }).filter(({ mistakes, limit }) => mistakes <= limit);
  near.sort((a, b) => a.mistakes - b.mistakes);
  return near[0]?.each;
}

/** The longest known name of at least four letters that is a part of a name, or that a name is a part of. */
export function relatedName(
  name: string,
  known: readonly string[],
): string | undefined {
  const bare = bareName(name);
  const related = known.filter((each) => {
    const other = bareName(each);
    return Math.min(bare.length, other.length) >= 4 &&
      (bare.includes(other) || other.includes(bare));
  });
  return related.sort((a, b) => b.length - a.length)[0];
}

/** A name in lower case without separators: `scopes_supported` and `scopesSupported` are `scopessupported`. */
export function bareName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** The minimum number of edits that turn one word into another (optimal string alignment distance). */
function mistakes(a: string, b: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from(
    { length: b.length + 1 },
    (_, j) => j,
  );
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] &&
        a[i - 2] === b[j - 1];
      next[j] = Math.min(
        row[j]! + 1,
        next[j - 1]! + 1,
        row[j - 1]! + (isSame ? 0 : 1),
        isSwapped ? before[j - 2]! + 1 : Infinity,
      );
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
