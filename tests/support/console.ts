/**
 * What is printed while something runs.
 *
 * @module
 */

/** Runs something, and resolves to what it gave to `console.error` instead of printing that. */
export async function errorsPrintedBy(
  use: () => Promise<void>,
): Promise<readonly unknown[]> {
  const printed: unknown[] = [];
  const target = globalThis.console;
  const original = target.error;
  target.error = (...args: unknown[]): void => void printed.push(...args);
  try {
    await use();
  } finally {
    target.error = original;
  }
  return printed;
}
