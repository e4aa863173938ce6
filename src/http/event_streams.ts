/**
 * Event streams ({@link https://html.spec.whatwg.org/multipage/server-sent-events.html | HTML §9.2}) in responses:
 * ending them when the token expires, and editing their data. Both apply backpressure to the source.
 *
 * @module
 */

import { pause } from "../runtime/timeout.ts";
import { AccessTokenError } from "../errors.ts";
import type { RequestContext } from "../types.ts";

/** The longest delay of a timer. A longer one overflows, and the timer fires at once. */
const MAX_DELAY_MILLISECONDS = 2_147_483_647;

/** How long a handler may clean up after its `cancel`. */
const CLEANUP_MILLISECONDS = 1000;

/** The longest event that can be edited, in characters. */
const MAX_EVENT_LENGTH = 4_194_304;

/** Whether a response is an event stream. */
export function isEventStream({ headers }: Response): boolean {
  return /^text\/event-stream(?:$|[\s;])/i
    .test(headers.get("content-type") ?? "");
}

/**
 * Ends an event stream at a time (in milliseconds since 1970), which is when the access token expires: a stream is one
 * request, however long it lasts. The source is cancelled, and the client sees a regular end; it ignores an event that
 * is cut in two there (HTML §9.2.6). Any other response is returned unchanged. If the context has `waitUntil`, the
 * handler has one second to clean up after its `cancel` has resolved.
 */
export function endAt(
  response: Response,
  endsAt: number,
  now: () => number,
  context?: RequestContext,
): Response {
  // In this order: reading `body` turns the body into a stream.
  if (!isEventStream(response) || response.body === null) return response;
  const reader = response.body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function watch(controller: ReadableStreamDefaultController): void {
    const left = endsAt - now();
    if (left <= 0) return end(controller);
    const delay = Math.min(left, MAX_DELAY_MILLISECONDS);
    timer = setTimeout(watch, delay, controller);
    // The timer must not keep the process alive by itself. On Workers a timer is a number, and has no `unref`.
    (timer as { unref?(): void }).unref?.();
  }

  function end(controller: ReadableStreamDefaultController): void {
    controller.close();
    const work = reader.cancel(new AccessTokenError("expired")).catch(stop);
    // On Workers everything stops with the response, before a handler could clean up.
    context?.waitUntil?.(work.then(() => pause(CLEANUP_MILLISECONDS)));
  }

  const stop = (): void => clearTimeout(timer);

  const body = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      // At the first read: a stream that is never read needs no timer.
      if (timer === undefined) {
        watch(controller);
        reader.closed.then(stop, stop);
      }
      const { done, value } = await reader.read();
      // If the stream was closed meanwhile, these calls throw, which changes nothing: a closed stream cannot fail.
      if (done) controller.close();
      // The machine may have slept, and its timers with it.
      else if (now() >= endsAt) end(controller);
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return new Response(body, response);
}

/** A line and its end. A CR at the end of the text may be the first half of a CRLF. */
const LINE = /([^\r\n]*)(?:\r\n|\n|\r(?!$))/g;

/**
 * Edits the data of each event of a stream. All other lines are passed on unchanged, as are events whose data `edit`
 * returns unchanged. An unfinished event at the end of the stream is dropped, as clients do. The stream fails at an
 * event of more than 4 Mi characters.
 */
export function editEvents(
  response: Response,
  edit: (data: string) => string,
): Response {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = "";
  let isCr = false;
  /** The data lines of the current event, unchanged, and the values in them. Other lines are passed on at once. */
  let held = "";
  let data: string[] = [];

  function take(text: string): string {
    // Text without a line end is not searched again: a long line may come in very many chunks.
    const isLine = isCr || /[\r\n]/.test(text);
    isCr = text.endsWith("\r");
    rest += text;
    if (rest.length + held.length > MAX_EVENT_LENGTH) {
      throw new RangeError(
        "Cannot edit event: it has more than 4 Mi characters",
      );
    }
    let edited = "";
    let end = 0;
    for (
      const { 0: line, 1: content = "", index } of isLine
        ? rest.matchAll(LINE)
        : []
    ) {
      end = index + line.length;
      if (/^data(?::|$)/.test(content)) {
        held += line;
        data.push(content.slice(5).replace(/^ /, ""));
      } else if (content !== "") edited += line;
      else {
        const before = data.join("\n");
        const after = edit(before);
        edited += (after === before ? held : `data: ${after}${line}`) + line;
        held = "";
        data = [];
      }
    }
    rest = rest.slice(end);
    return edited;
  }

  const edited = response.body!.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller): void {
        const text = take(decoder.decode(chunk, { stream: true }));
        if (text !== "") controller.enqueue(encoder.encode(text));
      },
      flush(controller): void {
        // The last CR was a line end, and not half of a CRLF.
        if (isCr) controller.enqueue(encoder.encode(take("\n")));
      },
    }),
  );
  return new Response(edited, response);
}
