/**
 * Bodies of requests and responses: read up to a limit, and parsed as JSON objects.
 *
 * @module
 */

/** A JSON object. */
export type JsonObject = { readonly [member: string]: unknown };

/** Parses a JSON object; `undefined` if the string is anything else. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members of an object or array; no members for any other JSON value. */
export function membersOf(value: unknown): JsonObject {
  return typeof value === "object" && value !== null ? value as JsonObject : {};
}

const decoder = new TextDecoder();

/**
 * Reads a request's body as a string. Bytes that are not UTF-8 become U+FFFD, as in `Request.text()`.
 *
 * @throws {RangeError} If the body has more than `maxBytes`; the rest is not read.
 */
export async function readText(
  request: Request,
  maxBytes: number,
): Promise<string> {
  const { headers } = request;
  const declared = headers.get("content-length");
  // The runtime stops at the declared length, and reads much faster than a loop over its stream.
  if (
    declared === null || !/^\d+$/.test(declared) ||
    headers.has("transfer-encoding")
  ) return decoder.decode(await readBytes(request.body, maxBytes));
  if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
  const text = await request.text();
  if (text.length > maxBytes) throw tooLarge(maxBytes);
  return text;
}

/**
 * Reads a whole body.
 *
 * @throws {RangeError} If the body has more than `maxBytes`; the rest is not read.
 */
export async function readBytes(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array();
  let length = 0;
  const reader = body?.getReader();
  for (let step = await reader?.read(); step?.done === false;) {
    const start = length;
    length += step.value.byteLength;
    if (length > maxBytes) {
      await reader?.cancel();
      throw tooLarge(maxBytes);
    }
    if (length > bytes.length) {
      // One buffer, not a list of chunks: a body may arrive byte by byte, and each chunk takes hundreds of bytes.
      const before = bytes;
      bytes = new Uint8Array(Math.max(length, 2 * before.length));
      bytes.set(before);
    }
    bytes.set(step.value, start);
    step = await reader?.read();
  }
  return bytes.length === length ? bytes : bytes.slice(0, length);
}

function tooLarge(maxBytes: number): RangeError {
  return new RangeError(`Cannot read body: more than ${maxBytes} bytes`);
}

/** The bytes of a binary string, such as `atob` returns. Runtimes have no `Uint8Array.fromBase64` yet. */
export function bytesOf(binary: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
