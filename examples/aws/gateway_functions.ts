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

/** What a function may be given, and may return without streaming it: 6 MB of JSON, and for a result 100 bytes more
 * ({@link https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html | quotas},
 * {@link https://zaccharles.medium.com/deep-dive-lambdas-request-payload-size-limit-2-2-6350c1ae5577 | measured}). */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;
const MAX_RESULT_BYTES = MAX_EVENT_BYTES + 100;

/** Calls functions as Lambda does: what passes is JSON of limited size, and an error is written where Lambda would log it, and thrown. */
export function invokeWith(log: (line: string) => void): Invoke {
  return async (handler, event) => {
    try {
      const context = { awsRequestId: crypto.randomUUID() };
      const result = await handler(
        JSON.parse(pack(event, MAX_EVENT_BYTES, "event")),
        context,
      );
      return JSON.parse(pack(result ?? null, MAX_RESULT_BYTES, "result"));
    } catch (error) {
      log(`Function error: ${error}`);
      throw error;
    }
  };
}

/**
 * Writes JSON.
 *
 * @throws {RangeError} If it is larger than Lambda takes.
 */
export function pack(
  value: unknown,
  maxBytes: number = MAX_EVENT_BYTES,
  what = "event",
): string {
  const json = JSON.stringify(value);
  const { length } = new TextEncoder().encode(json);
  if (length <= maxBytes) return json;
  throw new RangeError(
    `Cannot pass on the ${what}: it has ${length} bytes of JSON, and Lambda takes ${maxBytes}`,
  );
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
