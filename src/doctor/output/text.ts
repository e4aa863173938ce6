/**
 * How the doctor writes values, lists and counts.
 *
 * @module
 */

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
