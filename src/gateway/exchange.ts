/**
 * One request to the upstream, and the head of its response: sent once, waited for no longer than allowed, and refused
 * where it must not reach the client.
 *
 * @module
 */

import { parseUrl } from "../runtime/identifiers.ts";
import type { UpstreamBody } from "./bodies.ts";
import { causeOf, UpstreamError } from "./errors.ts";
import type { Transport } from "./transport.ts";

/** A request, ready to be sent. */
export interface UpstreamRequest extends UpstreamBody {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/**
 * Sends a request, and resolves with the head of its response.
 *
 * @throws {UpstreamError} If there is none in time.
 * @throws {RequestError} If the body was refused while it was sent.
 */
export async function send(
  transport: Transport,
  request: UpstreamRequest,
  timeoutSeconds: number,
): Promise<Response> {
  const { method, url, headers, signal, refusal, contentLength } = request;
  const body = onceOnly(transport, request);
  // Runtimes and servers disagree on any other length, such as "0x10": then the body goes in chunks.
  if (body !== null && /^\d+$/.test(contentLength ?? "")) {
    headers.set("content-length", contentLength!);
  }
  const aborter = new AbortController();
  const abort = (): void => aborter.abort();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    abort();
  }, timeoutSeconds * 1000);
  try {
    return await transport.fetch(url, {
      method,
      headers,
      body,
      redirect: "manual",
      signal: aborter.signal,
      ...(body instanceof ReadableStream && { duplex: "half" }),
    } as RequestInit);
  } catch (cause) {
    const refused = refusal?.();
    if (refused !== undefined) throw refused;
    throw isLate
      ? new UpstreamError(
        "timeout",
        `No response of the upstream within ${timeoutSeconds} s`,
      )
      : new UpstreamError(
        "unreachable",
        `Cannot reach the upstream: ${causeOf(cause)}`,
        { cause },
      );
  } finally {
    clearTimeout(timer);
  }
}

/** A body that no runtime can send twice. */
function onceOnly(
  { repeatsBodies }: Transport,
  { method, body }: UpstreamRequest,
): UpstreamBody["body"] {
  if (
    !repeatsBodies || body instanceof ReadableStream ||
    body === null && method !== "POST"
  ) return body;
  const bytes = body instanceof Uint8Array
    ? body
    : new TextEncoder().encode(body ?? "");
  // Not a Response's: Deno knows what that is made of.
  return new ReadableStream({
    pull(controller): void {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  }, { highWaterMark: 0 });
}

/**
 * Refuses a response by its head: what the upstream says of authorization and of other URLs is not for the client.
 *
 * @throws {UpstreamError} After it has let the body go.
 */
export async function checkHead(
  { status, headers, body }: Response,
  url: string,
): Promise<void> {
  const error = errorOf(status, headers, url);
  if (error === undefined) return;
  await body?.cancel().catch(() => {});
  throw error;
}

function errorOf(
  status: number,
  headers: Headers,
  url: string,
): UpstreamError | undefined {
  if (status === 401 || status === 407) {
    return new UpstreamError(
      "unauthorized",
      `The upstream answered ${status}: let it accept the gateway's requests without a token`,
    );
  }
  if (status >= 300 && status < 400 && status !== 304) {
    const location = parseUrl(headers.get("location"), new URL(url));
    const to = location && `${location.origin}${location.pathname}`;
    return new UpstreamError(
      "redirect",
      `The upstream answered ${status}, a redirect${
        to === undefined ? "" : ` to ${to}`
      }: configure the URL at which it answers itself`,
    );
  }
  if (status < 200 || status > 599) {
    return new UpstreamError(
      "invalid_response",
      `The upstream answered ${status}, which is not the status of a response`,
    );
  }
  return undefined;
}
