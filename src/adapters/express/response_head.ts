/**
 * Edits the head of a response that later handlers send.
 *
 * @module
 */

import { isEventStream } from "../../http/event_streams.ts";
import type { ExpressResponse } from "./http.ts";

type HeaderValue = number | string | readonly string[];

/**
 * Calls `edit` with the status and headers of a response immediately before they are sent, and sends the headers that it
 * returns. An event stream has a body, which sends nothing: if `edit` ends it, the response ends.
 */
export function editHead(
  res: ExpressResponse,
  edit: (head: Response) => Response,
): void {
  const writeHead = res.writeHead as (
    this: ExpressResponse,
    ...args: unknown[]
  ) => unknown;
  let isEdited = false;
  function edited(this: ExpressResponse, ...args: unknown[]): unknown {
    const [status] = args;
    // Not a status of a Response, such as a switch of protocols.
    if (isEdited || !(Number(status) >= 200 && Number(status) <= 599)) {
      return writeHead.apply(res, args);
    }
    isEdited = true;
    const [message, headers] = typeof args[1] === "string"
      ? [args[1], args[2]]
      : [undefined, args[1] ?? args[2]];
    for (const [name, value] of entriesOf(headers)) {
      res.setHeader(name, value as string);
    }
    const given = headersOf(res);
    const stand = new Response(null, {
      status: status as number,
      headers: given,
    });
    const head = edit(
      status === 200 && isEventStream(stand)
        ? new Response(silence(res), stand)
        : stand,
    );
    for (const name of given.keys()) {
      if (!head.headers.has(name)) res.removeHeader(name);
    }
    for (const [name, value] of head.headers) {
      if (given.get(name) !== value) res.setHeader(name, value);
    }
    const result = writeHead.apply(
      res,
      message === undefined ? [status] : [status, message],
    );
    watch(head, res);
    return result;
  }
  res.writeHead = edited;
}

/** A body without data. When it is cancelled, the response ends. */
function silence(res: ExpressResponse): ReadableStream {
  return new ReadableStream({
    cancel(): void {
      // A handler that goes on writing must not end the process.
      res.on("error", () => {});
      res.end();
    },
  });
}

/** Reads the body, so that its end is noticed, until the connection closes. */
function watch({ body }: Response, res: ExpressResponse): void {
  const reader = body?.getReader();
  if (reader === undefined) return;
  reader.read().catch(() => {});
  res.on("close", () => {
    reader.cancel().catch(() => {});
  });
}

/** The headers that were set. Those of one name are one value, which is not set again if it stays the same. */
function headersOf(res: ExpressResponse): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(res.getHeaders())) {
    if (value === undefined) continue;
    headers.set(name, Array.isArray(value) ? value.join(", ") : `${value}`);
  }
  return headers;
}

/** The headers in an argument of `writeHead`: an object, an array of pairs, or an array of names and values in turn. */
function entriesOf(headers: unknown): ReadonlyMap<string, HeaderValue> {
  if (!Array.isArray(headers)) return new Map(Object.entries(headers ?? {}));
  const entries = new Map<string, HeaderValue>();
  const pairs: readonly (readonly [string, HeaderValue])[] =
    Array.isArray(headers[0]) ? headers : inPairs(headers);
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    const known = entries.get(key);
    entries.set(
      key,
      known === undefined ? value : [known, value].flat().map(String),
    );
  }
  return entries;
}

function inPairs(list: readonly string[]): [string, string][] {
  return Array.from(
    { length: Math.floor(list.length / 2) },
    (_, i) => [list[2 * i]!, list[2 * i + 1]!],
  );
}
