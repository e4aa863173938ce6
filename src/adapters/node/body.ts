/**
 * The body of a request of Node's: its stream or, where something in front has read that, what was kept of it.
 *
 * @module
 */

import type { NodeRequest } from "./http.ts";

type Body = BodyInit & (Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>);

const JSON_TYPE = /^[\w.+-]+\/(?:[\w.-]+\+)?json$/i;

/** A body that something in front of the listener has read and not kept. */
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
 * The body, for a request with these headers, which are changed where it is not as it was sent. A stream is not read
 * before it is asked for.
 *
 * @throws {LostBodyError} If it was read already, and nothing was kept that tells it exactly.
 */
export function bodyOf(req: NodeRequest, headers: Headers): Body | null {
  if (/^(?:GET|HEAD)$/.test(req.method ?? "GET")) return null;
  if (req.readableDidRead !== true) return streamOf(req);
  const { rawBody, body } = req;
  const bytes = [rawBody, body].find((kept) => kept instanceof Uint8Array);
  if (bytes !== undefined) return kept(new Uint8Array(bytes), headers);
  const type = headers.get("content-type")?.replace(/;.*/s, "").trim() ?? "";
  const text = [rawBody, body].find((kept) => typeof kept === "string") ??
    // Of a form no JSON is made: a page may post a form to any origin without a preflight.
    (JSON_TYPE.test(type) ? JSON.stringify(body) : undefined);
  if (text === undefined) throw new LostBodyError();
  // Its charset was that of the bytes.
  if (type !== "") headers.set("content-type", type);
  return kept(new TextEncoder().encode(text), headers);
}

/** What reads a body decompresses it. */
function kept(
  bytes: Uint8Array<ArrayBuffer>,
  headers: Headers,
): Uint8Array<ArrayBuffer> {
  headers.delete("content-encoding");
  headers.delete("transfer-encoding");
  headers.set("content-length", `${bytes.length}`);
  return bytes;
}

/** What nobody wants is read past, so that the connection can go on. */
function streamOf(req: NodeRequest): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = req[Symbol.asyncIterator]();
  const readPast = async (): Promise<void> => {
    while (!(await pieces.next()).done);
  };
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
    cancel(): void {
      readPast().catch(() => {});
    },
  }, { highWaterMark: 0 });
}
