/**
 * One request and its response, limited in time and size.
 *
 * @module
 */

import type { ResolvedRuntime } from "../../runtime/platform.ts";
import { printable } from "../../runtime/printable.ts";

/** How much of a response's body is read. */
export const MAX_ANSWER_BYTES = 262_144;

/** A request. */
export interface HttpRequest {
  /** Default: GET. */
  readonly method?: string;
  /** The URL. */
  readonly url: string;
  /** The headers. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body. */
  readonly body?: string;
}

/** The outcome of a request. */
export interface Outcome {
  /** The response, if there was one. */
  readonly response?: Response;
  /** Its body, as far as it was read. */
  readonly text?: string;
  /** Why there was no response, or only a part of it. */
  readonly failure?: string;
}

/** Sends a request, and reads the response up to the limits. */
export async function send(
  { fetch }: ResolvedRuntime,
  { method = "GET", url, headers, body }: HttpRequest,
  milliseconds: number,
): Promise<Outcome> {
  const controller = new AbortController();
  const late = Symbol();
  let timer: ReturnType<typeof setTimeout> | undefined;
  // Enforced here too: a custom `fetch` may ignore the signal.
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
  // An event stream in response to GET has no events yet, and no end.
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
    // Searches only the end of the body: a server may send its bytes one by one.
    const isEnough = isStream &&
      /\r?\n\r?\n/.test(text.slice(-piece.length - 3));
    if (failure === undefined && !isEnough) continue;
    leave(reader);
    return { response, text, ...(failure !== undefined && { failure }) };
  }
}

/** Discards a body without waiting for it. */
function leave(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
): void {
  reader?.cancel().catch(() => {});
}

/** The innermost cause is the most specific, such as a wrong certificate or an unknown host name. */
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
