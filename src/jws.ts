/**
 * The compact serialization of a signed JSON object
 * ({@link https://www.rfc-editor.org/rfc/rfc7515#section-7.1 | RFC 7515 §7.1}).
 * Not implemented: header extensions (§4.1.11), of which none is understood.
 *
 * @module
 */

import type { JWSHeaderParameters } from "jose";
import { AccessTokenError } from "./errors.ts";
import { type JsonObject, parseObject } from "./fetch_json.ts";

/** What a JWS says, not yet believed. */
export interface DecodedJws {
  /** Its header. */
  readonly header: JWSHeaderParameters;
  /** Its payload. */
  readonly payload: JsonObject;
}

/**
 * Decodes a JWS.
 *
 * @throws {AccessTokenError} If it is not one in the one spelling that RFC 7515 has for it, is encrypted or
 *   compressed, has an extension, or its payload is not a JSON object.
 */
export function decodeJws(token: string): DecodedJws {
  const segments = token.split(".");
  const header = decodeHeader(segments);
  const payload = decodeSegment(segments[1]);
  if (payload === undefined) throw new AccessTokenError("malformed_token");
  return { header, payload };
}

/**
 * The header of a JWS in its segments, whatever its payload is.
 *
 * @throws {AccessTokenError} As {@linkcode decodeJws}, but for the payload.
 */
export function decodeHeader(
  [first, payload, signature, ...more]: readonly string[],
): JWSHeaderParameters {
  const header = decodeSegment(first);
  if (
    header === undefined || !isBase64url(first) || !isBase64url(signature) ||
    payload !== "" && !isBase64url(payload) || more.length > 0 ||
    // RFC 7515 §4.1.11: an extension that is not understood must be refused, and none is.
    typeof header.alg !== "string" || "crit" in header || "zip" in header ||
    "b64" in header || // RFC 7797 §6: never without crit
    !(header.kid === undefined || typeof header.kid === "string")
  ) throw new AccessTokenError("malformed_token");
  return header as JWSHeaderParameters;
}

function decodeSegment(segment: string = ""): JsonObject | undefined {
  try {
    const binary = atob(segment.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    return parseObject(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Whether a segment is base64url in its one canonical form, so that no token has a second spelling. */
function isBase64url(segment: string = ""): boolean {
  const spare = { 0: /[^]$/, 2: /[AQgw]$/, 3: /[AEIMQUYcgkosw048]$/ };
  return /^[\w-]+$/.test(segment) &&
    (spare[segment.length % 4 as 0 | 2 | 3]?.test(segment) ?? false);
}

/** Freezes a value and all that it holds, however deep a hostile token nests it. */
export function deepFreeze<T>(value: T): T {
  const found: unknown[] = [value];
  for (const item of found) {
    if (typeof item !== "object" || item === null) continue;
    for (const member of Object.values(Object.freeze(item))) found.push(member);
  }
  return value;
}
