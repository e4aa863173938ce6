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

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** A header that names its algorithm, as it must (RFC 7515 §4.1.1). */
export type JwsHeader =
  & JWSHeaderParameters
  & Required<Pick<JWSHeaderParameters, "alg">>;

/** What a JWS says, not yet believed. */
export interface DecodedJws {
  /** Its header. */
  readonly header: JwsHeader;
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
): JwsHeader {
  const header = decodeSegment(first);
  if (
    header === undefined || !isBase64url(first) || !isBase64url(signature) ||
    payload !== "" && !isBase64url(payload) || more.length > 0 ||
    // RFC 7515 §4.1.11: an extension that is not understood must be refused, and none is.
    typeof header.alg !== "string" || "crit" in header || "zip" in header ||
    "b64" in header || // RFC 7797 §6: never without crit
    !(header.kid === undefined || typeof header.kid === "string")
  ) throw new AccessTokenError("malformed_token");
  return header as JwsHeader;
}

function decodeSegment(segment: string = ""): JsonObject | undefined {
  try {
    return parseObject(UTF8.decode(bytesOf(segment)));
  } catch {
    return undefined;
  }
}

function bytesOf(segment: string): Uint8Array<ArrayBuffer> {
  const binary = atob(segment.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Whether a segment is base64url in its one canonical form, so that no token has a second spelling. */
function isBase64url(segment: string = ""): boolean {
  const spare = { 0: /[^]$/, 2: /[AQgw]$/, 3: /[AEIMQUYcgkosw048]$/ };
  return /^[\w-]+$/.test(segment) &&
    (spare[segment.length % 4 as 0 | 2 | 3]?.test(segment) ?? false);
}

/**
 * Whether a key has signed a JWS, whose form was checked. WebCrypto holds a key to the algorithm that it was imported
 * for: the key's type, curve or hash, and a signature's length (RFC 7518 §3).
 */
export async function isSignedBy(
  token: string,
  alg: string,
  key: CryptoKey,
): Promise<boolean> {
  const { name } = key.algorithm;
  const bits = Number(alg.slice(2));
  const end = token.lastIndexOf(".");
  try {
    return await crypto.subtle.verify(
      name === "Ed25519"
        ? name
        : { name, hash: `SHA-${bits}`, saltLength: bits / 8 },
      key,
      bytesOf(token.slice(end + 1)),
      new TextEncoder().encode(token.slice(0, end)),
    );
  } catch {
    return false; // a runtime's way to say that this is no signature
  }
}

/** Whether a key is too short for RSA (RFC 7518 §3.3, §3.5). A runtime may take it all the same. */
export function isShort(key: CryptoKey): boolean {
  return (key.algorithm as RsaKeyAlgorithm).modulusLength < 2048;
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
