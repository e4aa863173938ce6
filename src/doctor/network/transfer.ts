/**
 * One request and its answer, bounded in time and size.
 *
 * @module
 */

import type { ResolvedRuntime } from "../../runtime/platform.ts";
import { printable } from "../../runtime/printable.ts";

/** How much of an answer's body is read. */
export const MAX_ANSWER_BYTES = 262_144;

/** What is sent. */
export interface HttpRequest {
  /** Default: GET. */
  readonly method?: string;
  /** Where. */
  readonly url: string;
  /** The headers. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body. */
  readonly body?: string;
}

/** What became of it. */
export interface Outcome {
  /** The answer, where there was one. */
  readonly response?: Response;
  /** Its body, as far as it was read. */
  readonly text?: string;
  /** Why there was none, or not all of it. */
  readonly failure?: string;
}

/** Sends a request, and reads as much of the answer as the bounds let. */
export async function send(
  { fetch }: ResolvedRuntime,
  { method = "GET", url, headers, body }: HttpRequest,
  milliseconds: number,
): Promise<Outcome> {
  const controller = new AbortController();
  const late = Symbol();
  let timer: ReturnType<typeof setTimeout> | undefined;
  // Not only by the signal: a fetch that was passed in may ignore it.
  const timeout = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), Math.ceil(milliseconds));
  });
  try {
    const response = await Promise.race([
      timeout,
      fetch(url, {
        method,
        redirect: "manual",
        signal: controller.signal,
        ...(headers !== undefined && { headers: { ...headers } }),
        ...(body !== undefined && { body }),
      }),
    ]);
    if (response === late) return { failure: "timed out" };
    return await readBody(response, method, timeout);
  } catch (error) {
    return { failure: `no connection: ${printable(reasonOf(error))}` };
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

async function readBody(
  response: Response,
  method: string,
  timeout: Promise<unknown>,
): Promise<Outcome> {
  const isStream = /^text\/event-stream\b/i.test(
    response.headers.get("content-type") ?? "",
  );
  const reader = response.body?.getReader();
  // A stream of events that answers GET has nothing to say yet, and no end.
  if (reader === undefined || isStream && method === "GET") {
    leave(reader);
    return { response };
  }
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0;;) {
    let step: ReadableStreamReadResult<Uint8Array> | undefined;
    try {
      step = await Promise.race([timeout.then(() => undefined), reader.read()]);
    } catch {
      return { response, text, failure: "the connection broke" };
    }
    if (step?.done) return { response, text: text + decoder.decode() };
    const failure = step === undefined
      ? "the body did not end in time"
      : (bytes += step.value.byteLength) > MAX_ANSWER_BYTES
      ? `the body is longer than ${MAX_ANSWER_BYTES} bytes`
      : undefined;
    const piece = failure === undefined
      ? decoder.decode(step?.value, { stream: true })
      : "";
    text += piece;
    // Only the end: a server may send its bytes one by one.
    const isEnough = isStream &&
      /\r?\n\r?\n/.test(text.slice(-piece.length - 3));
    if (failure === undefined && !isEnough) continue;
    leave(reader);
    return { response, text, ...(failure !== undefined && { failure }) };
  }
}

/** Does not wait for a body that is not read. */
function leave(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
): void {
  reader?.cancel().catch(() => {});
}

/** The innermost cause tells most: a wrong certificate, a name that does not exist. */
function reasonOf(error: unknown): string {
  let reason = "";
  for (
    let cause = error, depth = 0;
    cause instanceof Error && depth < 5;
    depth++
  ) {
    reason = cause.message || reason;
    cause = cause.cause;
  }
  return reason || "unknown";
}
