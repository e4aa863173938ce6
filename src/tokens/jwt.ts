/**
 * The compact serialization of a signed JWT
 * ({@link https://www.rfc-editor.org/rfc/rfc7515#section-7.1 | RFC 7515 §7.1}), verified by jose.
 * Not implemented: header extensions (`crit`, §4.1.11); a token with an extension is rejected.
 *
 * @module
 */

import { compactVerify } from "jose";
import { AccessTokenError } from "../errors.ts";
import { bytesOf, type JsonObject, parseObject } from "../http/body.ts";
import type { KeyHint } from "../issuers/signing_keys.ts";
import { memoizeLast } from "../runtime/memoize.ts";
import { readForeignError } from "./foreign_errors.ts";
import type { RuntimeCryptoKey } from "../issuers/crypto_key.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** The members of a header that are read (RFC 7515 §4.1). Keys in it (`jwk`, `jku`, `x5c`, `x5u`) are ignored. */
export interface JwsHeader extends KeyHint {
  /** The media type of the token. */
  readonly typ?: unknown;
}

/** A decoded token. Its signature has not been verified. */
export interface DecodedJws {
  /** The header. */
  readonly header: JwsHeader;
  /** The claims. */
  readonly payload: JsonObject;
}

/**
 * Decodes a token. {@linkcode checkForm} checks its spelling.
 *
 * @throws {AccessTokenError} If the header or the payload is not a JSON object, or the token is encrypted, compressed
 *   or has an extension.
 */
export function decodeJws(token: string): DecodedJws {
  const start = token.indexOf(".") + 1;
  const end = token.indexOf(".", start);
  // Checked before decoding, because an error thrown by a decoder is expensive.
  if (end < 0) throw new AccessTokenError("malformed_token");
  const header = headerOf(token.slice(0, start - 1));
  const payload = decodeSegment(token.slice(start, end));
  if (payload === undefined) throw new AccessTokenError("malformed_token");
  return { header, payload };
}

/** The header in its segment. Most tokens of an issuer have the same one. */
const headerOf = memoizeLast(decodeHeader);

/**
 * The header in the first segment of a token.
 *
 * @throws {AccessTokenError} As {@linkcode decodeJws}, except for the payload.
 */
export function decodeHeader(segment: string): JwsHeader {
  const header = decodeSegment(segment);
  if (
    // RFC 7515 §4.1.11: an extension that is not understood must be rejected. None is understood here.
    typeof header?.alg !== "string" || "crit" in header || "zip" in header ||
    "b64" in header || // RFC 7797 §6: it must come with crit
    !(header.kid === undefined || typeof header.kid === "string")
  ) throw new AccessTokenError("malformed_token");
  return header as JsonObject & JwsHeader;
}

/**
 * Checks that a token has the one spelling that RFC 7515 gives it: decoders accept padding, white space and spare bits,
 * and a second spelling would be a second token.
 *
 * @throws {AccessTokenError} If it has another.
 */
export function checkForm(token: string): void {
  const [payload, signature] = [token.indexOf("."), token.lastIndexOf(".")];
  if (
    !JWS.test(token) || hasSpareBits(token, 0, payload) ||
    hasSpareBits(token, payload + 1, signature) ||
    hasSpareBits(token, signature + 1, token.length)
  ) throw new AccessTokenError("malformed_token");
}

/**
 * The issuer that a token names, or `undefined` if it names none, as an opaque token does. Reads misspelt and encrypted
 * tokens too: a strict decoder would take a misspelt JWT for an opaque token, which is sent to another issuer.
 */
export function namedIssuer(token: string): unknown {
  // RFC 7519 §5.3: the header of an encrypted token may repeat the issuer.
  const [header, payload] = token.split(".", 2).map(decodeSegment);
  return payload?.iss ?? header?.iss;
}

function decodeSegment(segment: string = ""): JsonObject | undefined {
  try {
    const binary = atob(segment.replaceAll("-", "+").replaceAll("_", "/"));
    return parseObject(
      /[^\0-\x7f]/.test(binary) ? UTF8.decode(bytesOf(binary)) : binary,
    );
  } catch {
    return undefined;
  }
}

/** Three segments of base64url, of which the payload may be empty. */
const JWS = /^[\w-]+\.[\w-]*\.[\w-]+$/;

/** The last characters of base64url without spare bits, by the length of the text modulo 4. `null`: any character. */
const LAST_CHARACTERS = [null, "", "AQgw", "AEIMQUYcgkosw048"] as const;

function hasSpareBits(token: string, start: number, end: number): boolean {
  return LAST_CHARACTERS[(end - start) % 4]?.includes(token[end - 1]!) ===
    false;
}

/**
 * Whether a key signed a token.
 *
 * @throws {AccessTokenError} If jose cannot verify such a token at all.
 */
export function isSignedBy(
  token: string,
  alg: string,
  key: RuntimeCryptoKey,
): Promise<boolean> {
  return compactVerify(token, key, { algorithms: [alg] })
    .then(() => true, isOnlyBadlySigned);
}

/** `false` for jose's error of a bad signature. Throws what any other error means. */
function isOnlyBadlySigned(error: unknown): false {
  const refusal = readForeignError(error) ?? error;
  if (
    refusal instanceof AccessTokenError && refusal.reason === "bad_signature"
  ) return false;
  throw refusal;
}

/** Freezes a value and everything in it, however deeply a hostile token nests it. */
export function deepFreeze<T>(value: T): T {
  const found: unknown[] = [value];
  for (const item of found) {
    for (const member of Object.values(Object.freeze(item) as object)) {
      if (typeof member === "object" && member !== null) found.push(member);
    }
  }
  return value;
}
