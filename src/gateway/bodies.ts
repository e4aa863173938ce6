/**
 * The bodies that cross the gateway: streamed no faster than they are read, within a bound, or written anew from what
 * the guard has judged.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import { isObject, readBytes } from "../http/body.ts";

/** A body for `fetch`. */
export interface UpstreamBody {
  readonly body:
    | ReadableStream<Uint8Array>
    | Uint8Array<ArrayBuffer>
    | string
    | null;
  /** How long the client said it is. Runtimes hold a stream to that, or send it in chunks. */
  readonly contentLength?: string | null;
  /** Why it broke off, if it did. `fetch` does not always tell. */
  readonly refusal?: () => RequestError | undefined;
}

/**
 * Up to this length, in bytes, a body whose length is known is sent with its head. Apart from each other, TCP may hold
 * the body back until the head is acknowledged, for 40 ms.
 */
const SMALL_BYTES = 16_384;

/**
 * The body of a client's request, streamed unless it is small. What has none, such as a DELETE, gets none: on some
 * runtimes it comes with an empty stream.
 *
 * @throws {RequestError} `body_too_large`, at once or while it is read.
 */
export async function streamedBody(
  { method, headers, body }: Request,
  maxBytes: number,
): Promise<UpstreamBody> {
  if (body === null) return { body };
  const contentLength = headers.get("content-length");
  if (Number(contentLength) > maxBytes) {
    throw new RequestError("body_too_large");
  }
  if (contentLength !== null && Number(contentLength) <= SMALL_BYTES) {
    const bytes = await readBytes(body, Math.min(SMALL_BYTES, maxBytes))
      .catch((cause: unknown) => {
        if (!(cause instanceof RangeError)) throw cause;
        throw new RequestError("body_too_large", { cause });
      });
    return { body: bytes.length > 0 || method === "POST" ? bytes : null };
  }
  const reader = body.getReader();
  let ahead = method === "POST" ? undefined : await reader.read();
  if (ahead?.done) return { body: null };
  let left = maxBytes;
  let refusal: RequestError | undefined;
  const bounded = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const { done, value } = ahead ?? await reader.read();
      ahead = undefined;
      if (done) return controller.close();
      left -= value.byteLength;
      if (left >= 0) return controller.enqueue(value);
      refusal = new RequestError("body_too_large");
      controller.error(refusal);
      await reader.cancel();
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return { body: bounded, contentLength, refusal: () => refusal };
}

/**
 * What the guard has judged, as JSON: of two equal members the client's own bytes could show the upstream the one that
 * was not.
 *
 * @throws {RequestError} `body_not_a_message`, for a member that some parsers would take for one that was judged, and
 *   for what is nested too deeply to be written.
 */
export function judgedBody(parsedBody: unknown): UpstreamBody {
  for (const message of [parsedBody].flat()) checkMembers(message);
  try {
    return { body: JSON.stringify(parsedBody) };
  } catch (cause) {
    throw new RequestError("body_not_a_message", { cause });
  }
}

/** What the guard reads of a message: the members of an object, and of those below it. */
interface Judged {
  readonly [member: string]: Judged;
}

const JUDGED: Judged = {
  jsonrpc: {},
  id: {},
  method: {},
  params: {
    name: {},
    uri: {},
    taskId: {},
    ref: { type: {}, name: {}, uri: {} },
    notifications: { resourceSubscriptions: {} },
  },
};

/** Go's parser, for one, reads `Name` as `name`, and the last of the two counts. */
function checkMembers(value: unknown, judged: Judged = JUDGED): void {
  if (!isObject(value)) return;
  const names = new Map(Object.keys(judged).map((name) => [fold(name), name]));
  for (const member of Object.keys(value)) {
    const name = names.get(fold(member));
    if (name === undefined) continue;
    if (name !== member) throw new RequestError("body_not_a_message");
    checkMembers(value[member], judged[name]);
  }
}

/** Without case, by Unicode: `ſ` is an `s` and the Kelvin sign a `k` to some. */
function fold(member: string): string {
  return member.toUpperCase().toLowerCase();
}

/** The content codings that every runtime can undo. */
const FORMATS: ReadonlyMap<string, CompressionFormat> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
]);

/**
 * The body of a response, without its content coding where the runtime undid it, or can; then the header goes too. The
 * upstream was asked for none, and some compress all the same.
 */
export function decodedBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  headers: Headers,
  undoes: (coding: string) => boolean,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const coding = headers.get("content-encoding")?.toLowerCase();
  if (coding === undefined) return body;
  const isUndone = coding === "identity" || undoes(coding);
  const format = FORMATS.get(coding);
  if (!isUndone && format === undefined) return body;
  headers.delete("content-encoding");
  return isUndone ? body : body.pipeThrough(new DecompressionStream(format!));
}

/**
 * The body of a response; `onEnd` is called once: when it ends, with the error when it breaks off, and when its reader
 * is gone.
 */
export function watchedBody(
  body: ReadableStream<Uint8Array>,
  onEnd: (error?: unknown) => void,
  first?: Uint8Array,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let head = first;
  let isOver = false;
  const end = (error?: unknown): void => {
    if (!isOver) onEnd(error);
    isOver = true;
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      if (head !== undefined) {
        controller.enqueue(head);
        head = undefined;
        return;
      }
      const step = await reader.read().catch((error: unknown) => {
        end(error);
        throw error;
      });
      if (isOver) return;
      if (!step.done) return controller.enqueue(step.value);
      end();
      controller.close();
    },
    async cancel(reason): Promise<void> {
      end();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
