/**
 * Streams of events, which need not have an end of their own.
 *
 * @module
 */

import { isEventStream } from "../../http/event_streams.ts";

/**
 * Ends a response's stream of events when the signal aborts, as if it had come to its end, and cancels what was behind
 * it. Any other response is given back as it is.
 */
export function endEvents(response: Response, signal: AbortSignal): Response {
  if (!isEventStream(response) || response.body === null) return response;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  // Aborting would have the client see a broken answer.
  response.body.pipeTo(writable, { signal, preventAbort: true })
    .catch((error) => signal.aborted ? writable.close() : writable.abort(error))
    .catch(() => {}); // the client was quicker
  return new Response(readable, response);
}
