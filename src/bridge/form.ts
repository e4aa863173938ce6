/**
 * Bodies of requests to the bridge's endpoints.
 *
 * @module
 */

import { readBytes } from "../http/body.ts";

/** A body has no more bytes. */
export const MAX_BODY_BYTES = 16_384;

/** A form's parameters; `undefined` if it is not a form, is too large, or repeats a parameter. */
export async function readForm(
  request: Request,
): Promise<URLSearchParams | undefined> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(type)) {
    return undefined;
  }
  const text = await readText(request);
  if (text === undefined) return undefined;
  const parameters = new URLSearchParams(text);
  const names = [...parameters.keys()];
  return new Set(names).size === names.length ? parameters : undefined;
}

/** A body's text; `undefined` if it has more than {@linkcode MAX_BODY_BYTES}. */
export async function readText(request: Request): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(
      await readBytes(request.body, MAX_BODY_BYTES),
    );
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
