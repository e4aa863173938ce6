/**
 * Waiting: for work, no longer than some time, or for the time alone.
 *
 * @module
 */

/**
 * What work resolves to. It is given a signal that ends with its time; whether it heeds that or not, nobody waits any
 * longer for it.
 *
 * @throws {DOMException} `TimeoutError`, if the time is over; and what the work throws.
 */
export function withTimeout<T>(
  seconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    // A timer of its own: that of `AbortSignal.timeout` may outlive the work, or not keep the process alive until then.
    const timer = setTimeout(() => {
      const reason = new DOMException("Time is over", "TimeoutError");
      controller.abort(reason);
      reject(reason);
    }, seconds * 1000);
    work(controller.signal).then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

/** Resolves when a time is over. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
