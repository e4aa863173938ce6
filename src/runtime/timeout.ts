/**
 * Waiting for work within a time, or for a time to pass.
 *
 * @module
 */

/**
 * The result of work that has to end within a time. The work receives a signal that aborts then; the result is not
 * awaited any longer even if the work ignores the signal.
 *
 * @throws {DOMException} `TimeoutError`, if the time is over.
 * @throws What the work throws.
 */
export function withTimeout<T>(
  seconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    // Not `AbortSignal.timeout`: its timer may outlive the work, or fail to keep the process alive until then.
    const timer = setTimeout(() => {
      const reason = new DOMException("Time is over", "TimeoutError");
      controller.abort(reason);
      reject(reason);
    }, seconds * 1000);
    work(controller.signal).then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

/** Resolves after a time. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
