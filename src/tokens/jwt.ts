/**
 * The compact serialization of a signed JSON object
 * ({@link https://www.rfc-editor.org/rfc/rfc7515#section-7.1 | RFC 7515 §7.1}).
 * Not implemented: header extensions (§4.1.11), of which none is understood.
 *
 * @module
 */

import { REFUSALS } from "../errors.ts";
import { bytesOf, type JsonObject, parseObject } from "../http/body.ts";
import { base64urlOf, binaryOf } from "../issuers/base64.ts";
import { ALGORITHMS } from "../issuers/jwa.ts";
import { memoizeLast } from "../runtime/memoize.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** What is read of a header (RFC 7515 §4.1). Keys in it (`jwk`, `jku`, `x5c`, `x5u`) are not. */
export interface JwsHeader {
  /** The algorithm. */
  readonly alg: string;
  /** Which of its issuer's keys signed it. */
  readonly kid?: string;
  /** What it is. */
  readonly typ?: unknown;
}

/** What a JWS says, not yet believed. */
export interface DecodedJws {
  /** Its header. */
  readonly header: JwsHeader;
  /** Its payload. */
  readonly payload: JsonObject;
}

/**
 * Decodes a JWS, whose form {@linkcode checkForm} is for.
 *
 * @throws {AccessTokenError} If its header or its payload is not a JSON object, it is encrypted or compressed, or it
 *   has an extension.
 */
export function decodeJws(token: string): DecodedJws {
  const start = token.indexOf(".") + 1;
  const end = token.indexOf(".", start);
  // Before anything is decoded: what a decoder throws takes longest of all.
  if (end < 0) throw REFUSALS.malformed_token;
  const header = headerOf(token.slice(0, start - 1));
  const payload = decodeSegment(token.slice(start, end));
  if (payload === undefined) throw REFUSALS.malformed_token;
  return { header, payload };
}

/** The header in its segment. An issuer writes the same one for most of its tokens. */
const headerOf = memoizeLast(decodeHeader);

/**
 * The header in the first segment of a JWS.
 *
 * @throws {AccessTokenError} As {@linkcode decodeJws}, but for the payload.
 */
export function decodeHeader(segment: string): JwsHeader {
  const header = decodeSegment(segment);
  if (
    // RFC 7515 §4.1.11: an extension that is not understood must be refused, and none is.
    typeof header?.alg !== "string" || "crit" in header || "zip" in header ||
    "b64" in header || // RFC 7797 §6: never without crit
    !(header.kid === undefined || typeof header.kid === "string")
  ) throw REFUSALS.malformed_token;
  return header as JsonObject & JwsHeader;
}

/**
 * Checks that a JWS has the one spelling that RFC 7515 has for it, so that no token has a second one.
 *
 * @throws {AccessTokenError} If it has not.
 */
export function checkForm(token: string): void {
  const [header, payload, signature, ...more] = token.split(".");
  if (
    !isBase64url(header) || !isBase64url(signature) ||
    payload !== "" && !isBase64url(payload) || more.length > 0
  ) throw REFUSALS.malformed_token;
}

/**
 * The issuer that a token names in the clear, however it is spelled or encrypted otherwise; `undefined` where it names
 * none, as an opaque one.
 */
export function namedIssuer(token: string): unknown {
  // RFC 7519 §5.3: of an encrypted one the header may repeat it.
  const [header, payload] = token.split(".", 2).map(decodeSegment);
  return payload?.iss ?? header?.iss;
}

function decodeSegment(segment: string = ""): JsonObject | undefined {
  try {
    const text = binaryOf(segment);
    return parseObject(
      /[^\0-\x7f]/.test(text) ? UTF8.decode(bytesOf(text)) : text,
    );
  } catch {
    return undefined;
  }
}

/** Whether a segment is base64url in its one canonical form. */
function isBase64url(segment: string = ""): boolean {
  const spare = { 0: /[^]$/, 2: /[AQgw]$/, 3: /[AEIMQUYcgkosw048]$/ };
  return /^[\w-]+$/.test(segment) &&
    (spare[segment.length % 4 as 0 | 2 | 3]?.test(segment) ?? false);
}

/**
 * Whether a key has signed a JWS, whose form was checked. WebCrypto holds a key to the algorithm that it was imported
 * for, and a signature to its length (RFC 7518 §3.4).
 */
export async function isSignedBy(
  token: string,
  alg: string,
  key: CryptoKey,
): Promise<boolean> {
  const end = token.lastIndexOf(".");
  try {
    return await crypto.subtle.verify(
      ALGORITHMS.get(alg)!.parameters as RsaPssParams,
      key,
      bytesOf(binaryOf(token.slice(end + 1))),
      new TextEncoder().encode(token.slice(0, end)),
    );
  } catch {
    return false; // a runtime's way to say that this is no signature
  }
}

/** A JWS of claims, signed by a private key that is for the header's algorithm. */
export async function signJws(
  header: JwsHeader,
  claims: JsonObject,
  key: CryptoKey,
): Promise<string> {
  const input = [header, claims].map((part) =>
    base64urlOf(new TextEncoder().encode(JSON.stringify(part)))
  ).join(".");
  const signature = await crypto.subtle.sign(
    ALGORITHMS.get(header.alg)!.parameters as RsaPssParams,
    key,
    new TextEncoder().encode(input),
  );
  return `${input}.${base64urlOf(new Uint8Array(signature))}`;
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
