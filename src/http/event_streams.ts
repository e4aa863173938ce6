/**
 * Streams of events ({@link https://html.spec.whatwg.org/multipage/server-sent-events.html | HTML §9.2}) on their way
 * to the client: ended in time, and edited. Both are read no faster than their reader reads.
 *
 * @module
 */

import { pause } from "../runtime/timeout.ts";
import { AccessTokenError } from "../errors.ts";
import type { RequestContext } from "../types.ts";

/** A longer one overflows: it would be over at once. */
const MAX_DELAY_MILLISECONDS = 2_147_483_647;

const MOMENT_MILLISECONDS = 1000;

/** How long an event that is to be edited may be, in characters. */
const MAX_EVENT_LENGTH = 4_194_304;

/** Whether a response is a stream of events. */
export function isEventStream({ headers }: Response): boolean {
  return /^text\/event-stream(?:$|[\s;])/i
    .test(headers.get("content-type") ?? "");
}

/**
 * The response, whose stream of events ends at a time (in milliseconds since 1970), as the access token does: each
 * request brings one, but a stream is one request for as long as it lasts. Its source is cancelled, and its reader sees
 * a regular end; an event that is cut in two there is dropped by its reader (HTML §9.2.6). Any other response stays
 * as it is. Where the platform has `waitUntil`, the handler has a second more than its `cancel` takes.
 */
export function endAt(
  response: Response,
  endsAt: number,
  now: () => number,
  context?: RequestContext,
): Response {
  // In this order: to ask for a body makes a stream of it.
  if (!isEventStream(response) || response.body === null) return response;
  const reader = response.body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  function watch(controller: ReadableStreamDefaultController): void {
    const left = endsAt - now();
    if (left <= 0) return end(controller);
    const delay = Math.min(left, MAX_DELAY_MILLISECONDS);
    timer = setTimeout(watch, delay, controller);
    // It keeps no process alive that would end. On Workers, where a timer is a number, none would.
    (timer as { unref?(): void }).unref?.();
  }

  function end(controller: ReadableStreamDefaultController): void {
    isOver = true;
    controller.close();
    const work = reader.cancel(new AccessTokenError("expired")).catch(stop);
    // On Workers all would end with the response, and a handler could not clean up.
    context?.waitUntil?.(work.then(() => pause(MOMENT_MILLISECONDS)));
  }

  const stop = (): void => clearTimeout(timer);

  const body = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      // Not before somebody reads: a stream that is never read has no timer.
      if (timer === undefined) {
        watch(controller);
        reader.closed.then(stop, stop);
      }
      const { done, value } = await reader.read();
      if (isOver) return;
      if (done) controller.close();
      // A machine may have slept, and its timers with it.
      else if (now() >= endsAt) end(controller);
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return new Response(body, response);
}

/** A line, and its end. A CR may be the first half of one that is still on its way. */
const LINE = /([^\r\n]*)(?:\r\n|\n|\r(?!$))/g;

/**
 * The response, each of whose events has its data edited. Where that changes nothing, and in all but its data, an event
 * stays as it is; one that the stream's end leaves unfinished is dropped, as its reader would. The stream breaks off
 * where an event has more than 4 Mi characters.
 */
export function editEvents(
  response: Response,
  edit: (data: string) => string,
): Response {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = "";
  let isCr = false;
  /** Lines of data, as they came and as they are read. The others need not wait for the end of their event. */
  let held = "";
  let data: string[] = [];

  function take(text: string): string {
    // What has no line's end is not looked at again: a long line may come in very many pieces.
    const isLine = isCr || /[\r\n]/.test(text);
    isCr = text.endsWith("\r");
    rest += text;
    if (rest.length + held.length > MAX_EVENT_LENGTH) {
      throw new RangeError("Cannot edit event");
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
      transform(piece, controller): void {
        const text = take(decoder.decode(piece, { stream: true }));
        if (text !== "") controller.enqueue(encoder.encode(text));
      },
      flush(controller): void {
        // A last CR was a line's end after all.
        if (isCr) controller.enqueue(encoder.encode(take("\n")));
      },
    }),
  );
  return new Response(edited, response);
}
