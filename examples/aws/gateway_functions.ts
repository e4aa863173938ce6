/**
 * How the stand-in calls Lambda functions.
 *
 * @module
 */

/** A Lambda function. */
export type LambdaFunction = (event: unknown, context: unknown) => unknown;

/** Calls a function with an event. */
export type Invoke = (
  handler: LambdaFunction,
  event: unknown,
) => Promise<unknown>;

/** Calls functions as Lambda does: what passes is JSON, and an error is written where Lambda would log it, and thrown. */
export function invokeWith(log: (line: string) => void): Invoke {
  return async (handler, event) => {
    try {
      const context = { awsRequestId: crypto.randomUUID() };
      const result = await handler(JSON.parse(JSON.stringify(event)), context);
      return JSON.parse(JSON.stringify(result ?? null));
    } catch (error) {
      log(`Function error: ${error}`);
      throw error;
    }
  };
}

/** What is there in place of an answer that comes too late. */
export const TIMEOUT: unique symbol = Symbol("timeout");

/** Waits for an answer, so long and no longer. */
export async function within<T>(
  milliseconds: number,
  answer: Promise<T>,
): Promise<T | typeof TIMEOUT> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof TIMEOUT>((resolve) => {
    timer = setTimeout(() => resolve(TIMEOUT), milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
