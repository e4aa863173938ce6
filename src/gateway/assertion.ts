/**
 * `X-Gatehouse-Assertion`: a signed statement of who calls
 * ({@link https://www.rfc-editor.org/rfc/rfc7519 | RFC 7519}), for an upstream that others can reach too. It is good
 * for a minute, and for one upstream.
 *
 * @module
 */

import { SignJWT } from "jose";
import type { AuthInfo } from "../types.ts";
import type { CallerIdentity } from "./identity.ts";
import { type GatewayKeys, keysOf } from "./secrets.ts";

/** The header that carries it. */
export const ASSERTION_HEADER = "x-gatehouse-assertion";

const LIFETIME_SECONDS = 60;

/** Whom an assertion is from and for, and when. */
export interface AssertionContext {
  /** Its `iss`: the resource. */
  readonly issuer: string;
  /** Its `aud`: the upstream's URL. */
  readonly audience: string;
  /** The time in milliseconds since 1970. */
  readonly now: number;
}

/** A JSON Web Key Set ({@link https://www.rfc-editor.org/rfc/rfc7517#section-5 | RFC 7517 §5}). */
export interface AssertionKeys {
  /** Public keys. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** For how long an assertion is used again: to sign takes longer than all else that the gateway does for a request. */
const REUSE_MILLISECONDS = 5000;

/** Signs assertions for one upstream. */
export type Asserter = (
  keys: GatewayKeys,
  caller: AuthInfo,
  identity: CallerIdentity,
  context: AssertionContext,
) => Promise<string>;

/**
 * Signs an assertion of a caller: the claims are the token's own values, to the character. A token's next request within
 * 5 seconds has the same one.
 */
export function asserter(): Asserter {
  /** By what a token said, which is one object for all uses of a token that is remembered. */
  const signed = new WeakMap<object, { readonly text: string; at: number }>();
  return async (keys, caller, identity, context) => {
    const { extra } = caller;
    const known = extra && signed.get(extra);
    const age = context.now - (known?.at ?? -Infinity);
    if (known !== undefined && age >= 0 && age < REUSE_MILLISECONDS) {
      return known.text;
    }
    const text = await sign(keys, caller, identity, context);
    if (extra !== undefined) signed.set(extra, { text, at: context.now });
    return text;
  };
}

function sign(
  { signing: [key] }: GatewayKeys,
  { clientId, scopes, extra }: AuthInfo,
  { user, email, groups }: CallerIdentity,
  { issuer, audience, now }: AssertionContext,
): Promise<string> {
  const { privateKey, jwk } = key!;
  const issuedAt = Math.floor(now / 1000);
  const claims: Record<string, unknown> = {
    sub: user,
    subject_issuer: extra?.iss,
    client_id: clientId || undefined,
    scope: scopes.join(" "),
    email,
    groups,
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "EdDSA", kid: jwk.kid, typ: "JWT" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LIFETIME_SECONDS)
    .sign(privateKey);
}

/**
 * The keys by which an upstream verifies assertions, as a JSON Web Key Set. Serve it at a URL that the upstream can
 * read; the command has it at `/.well-known/jwks.json`.
 *
 * @throws {TypeError} If a secret has fewer than 32 characters.
 */
export async function assertionKeys(
  secrets: readonly string[],
): Promise<AssertionKeys> {
  const { signing } = await keysOf(secrets)();
  return { keys: signing.map(({ jwk }) => jwk) };
}
