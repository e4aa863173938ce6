/**
 * The body of a Node request: its stream or, if middleware has read it, the copy that the middleware left.
 *
 * @module
 */

import type { NodeRequest } from "./http.ts";

/** A body, as a Request is created with it. */
export type Body =
  & BodyInit
  & (Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>);

const JSON_TYPE = /^[\w.+-]+\/(?:[\w.-]+\+)?json$/i;

/** The body was read before the listener was called, and no usable copy is left. */
export class LostBodyError extends TypeError {
  /** `LostBodyError`. */
  override readonly name = "LostBodyError";

  /** An error that says what to change. */
  constructor() {
    super(
      "Cannot read the request's body, it was already read: mount the listener before anything that reads bodies, or keep the bytes as req.rawBody",
    );
  }
}

/**
 * Returns the body, and updates the headers if it differs from what was sent. A stream is read only on demand: `onRead`
 * receives each of its chunks, and nothing at its end.
 *
 * @throws {LostBodyError} If it was read before, and there is no exact copy of it.
 */
export function bodyOf(
  req: NodeRequest,
  headers: Headers,
  onRead?: (chunk?: Uint8Array) => void,
): Body | null {
  if (/^(?:GET|HEAD)$/.test(req.method ?? "GET")) return null;
  if (req.readableDidRead !== true) return streamOf(req, onRead);
  const { rawBody, body } = req;
  const bytes = [rawBody, body].find((kept) => kept instanceof Uint8Array);
  if (bytes !== undefined) return kept(new Uint8Array(bytes), headers);
  const type = headers.get("content-type")?.replace(/;.*/s, "").trim() ?? "";
  const text = [rawBody, body].find((kept) => typeof kept === "string") ??
    // Not for a form: a page can post one to any origin without a preflight, and it must not arrive as JSON.
    (JSON_TYPE.test(type) ? JSON.stringify(body) : undefined);
  if (text === undefined) throw new LostBodyError();
  // The charset parameter described the original bytes.
  if (type !== "") headers.set("content-type", type);
  return kept(new TextEncoder().encode(text), headers);
}

/** The middleware that read the body has decompressed it. */
function kept(
  bytes: Uint8Array<ArrayBuffer>,
  headers: Headers,
): Uint8Array<ArrayBuffer> {
  headers.delete("content-encoding");
  headers.delete("transfer-encoding");
  headers.set("content-length", `${bytes.length}`);
  return bytes;
}

/** When the stream is cancelled, the rest is read and discarded, so that the connection can be reused. */
function streamOf(
  req: NodeRequest,
  onRead: (chunk?: Uint8Array) => void = () => {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = req[Symbol.asyncIterator]();
  const discard = async (): Promise<void> => {
    while (!(await chunks.next()).done);
  };
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const { done, value } = await chunks.next();
      onRead(done ? undefined : value);
      if (done) return controller.close();
      controller.enqueue(new Uint8Array(value));
    },
    cancel(): void {
      discard().catch(() => {});
    },
  }, { highWaterMark: 0 });
}
