/**
 * Event streams, which may never end by themselves.
 *
 * @module
 */

import { isEventStream } from "../../http/event_streams.ts";

/**
 * Ends a response's event stream regularly when the signal aborts, and cancels its source. Any other response is returned
 * unchanged.
 */
export function endEvents(response: Response, signal: AbortSignal): Response {
  if (!isEventStream(response) || response.body === null) return response;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  // If `writable` were aborted, the client would see a broken response.
  response.body.pipeTo(writable, { signal, preventAbort: true })
    .catch((error) => signal.aborted ? writable.close() : writable.abort(error))
    .catch(() => {}); // the client has cancelled it first
  return new Response(readable, response);
}
