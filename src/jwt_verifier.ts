/**
 * Access tokens that are signed JWTs ({@link https://www.rfc-editor.org/rfc/rfc9068 | RFC 9068}), verified by jose.
 * The rules of {@link https://www.rfc-editor.org/rfc/rfc8725 | RFC 8725} hold: algorithms come from configuration, keys from the issuer
 * alone, and other kinds of JWT are not taken for access tokens. Not implemented: encrypted tokens (JWE).
 *
 * @module
 */

import { compactVerify, errors, type JWSHeaderParameters } from "jose";
import { AccessTokenError, type AccessTokenErrorReason } from "./errors.ts";
import { type JsonObject, parseObject } from "./fetch_json.ts";
import { checkIdentifier } from "./identifiers.ts";
import { type KeySet, keySet } from "./key_sets.ts";
import { mayName } from "./authorization_server.ts";
import { type Platform, resolvePlatform } from "./platform.ts";
import type {
  AccessTokenClaims,
  AccessTokenVerifier,
  IssuerRules,
  RequestPlatform,
  SignatureAlgorithm,
} from "./types.ts";

const ALGORITHMS: readonly SignatureAlgorithm[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/** Whose tokens a {@linkcode jwtVerifier} takes. */
export interface JwtVerifierOptions {
  /** The trusted issuers. */
  readonly authorization_servers: readonly string[];
  /** What differs for one of them. */
  readonly issuers?: Readonly<Record<string, IssuerRules>>;
  /** Default: the runtime's own. */
  readonly platform?: Platform;
}

interface TrustedIssuer {
  readonly algorithms: readonly string[];
  readonly strict: boolean;
  readonly standardize: (claims: AccessTokenClaims) => AccessTokenClaims;
  readonly keys: KeySet;
}

/**
 * A verifier of signed JWTs. An issuer's keys are found by its metadata when its first token comes.
 *
 * @throws {TypeError} If an issuer, an algorithm or a `jwks_uri` is not one that can be trusted.
 */
export function jwtVerifier(options: JwtVerifierOptions): AccessTokenVerifier {
  return jwtVerifierWith(options, () => {});
}

/**
 * A {@linkcode jwtVerifier} that asks `judge` before the signature is checked: refusing a token that is not for
 * this resource is cheap, and checking its signature is not.
 */
export function jwtVerifierWith(
  options: JwtVerifierOptions,
  judge: (claims: AccessTokenClaims) => void,
): AccessTokenVerifier {
  const issuers = trustedIssuers(options);
  return async (token, request) => {
    const [header, payload] = decode(token);
    const issuer = typeof payload.iss === "string"
      ? issuers.get(payload.iss)
      : undefined;
    if (issuer === undefined) {
      throw new AccessTokenError(
        payload.iss === undefined ? "missing_claim" : "untrusted_issuer",
      );
    }
    checkType(header, payload, issuer.strict);
    if (!issuer.algorithms.includes(`${header.alg}`)) {
      throw new AccessTokenError("unsupported_algorithm");
    }
    const claims = deepFreeze(issuer.standardize(payload));
    judge(claims);
    await checkSignature(token, header, issuer, request);
    return claims;
  };
}

function trustedIssuers(
  options: JwtVerifierOptions,
): Map<string, TrustedIssuer> {
  const platform = resolvePlatform(options.platform);
  return new Map(options.authorization_servers.map((issuer) => {
    checkIdentifier(issuer, "issuer");
    const {
      algorithms = ALGORITHMS,
      typ,
      jwks_uri,
      claims: standardize = asTheyAre,
    } = options.issuers?.[issuer] ?? {};
    if (typ !== undefined && typ !== "at+jwt") {
      throw new TypeError(
        `Cannot use typ ${typ}: use "at+jwt" or leave it out`,
      );
    }
    if (algorithms.length === 0) {
      throw new TypeError(
        `Cannot use no algorithms: use ${ALGORITHMS.join(", ")}`,
      );
    }
    for (const algorithm of algorithms) {
      if (!ALGORITHMS.includes(algorithm)) {
        throw new TypeError(
          `Cannot use algorithm ${algorithm}: use ${ALGORITHMS.join(", ")}`,
        );
      }
    }
    if (jwks_uri !== undefined && !mayName(issuer, jwks_uri)) {
      throw new TypeError(`Cannot use jwks_uri ${jwks_uri}: use https`);
    }
    const keys = keySet(issuer, jwks_uri, platform);
    return [issuer, {
      algorithms,
      strict: typ === "at+jwt",
      standardize,
      keys,
    }];
  }));
}

function asTheyAre(claims: AccessTokenClaims): AccessTokenClaims {
  return claims;
}

/** Header and claims of a compact JWS, not yet believed. */
function decode(token: string): [JWSHeaderParameters, AccessTokenClaims] {
  const segments = token.split(".");
  const [header, claims] = segments.slice(0, 2).map(decodeSegment);
  if (
    segments.length !== 3 || !segments.every(isBase64url) ||
    header === undefined || claims === undefined ||
    // RFC 7515 §4.1.11: an extension that is not understood must be refused, and none is.
    typeof header.alg !== "string" || "crit" in header || "zip" in header ||
    "b64" in header || // RFC 7797 §6: never without crit
    !(header.kid === undefined || typeof header.kid === "string")
  ) throw new AccessTokenError("malformed_token");
  return [header as JWSHeaderParameters, claims];
}

function decodeSegment(segment: string): JsonObject | undefined {
  try {
    const binary = atob(segment.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    return parseObject(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Whether a segment is base64url in its one canonical form, so that no token has a second spelling. */
function isBase64url(segment: string): boolean {
  const spare = { 0: /[^]$/, 2: /[AQgw]$/, 3: /[AEIMQUYcgkosw048]$/ };
  return /^[\w-]+$/.test(segment) &&
    (spare[segment.length % 4 as 0 | 2 | 3]?.test(segment) ?? false);
}

/** Refuses a JWT that is signed by the issuer, and something other than an access token. */
function checkType(
  header: JWSHeaderParameters,
  claims: AccessTokenClaims,
  strict: boolean,
): void {
  const typ: unknown = typeof header.typ === "string"
    ? header.typ.toLowerCase().replace(/^application\//, "")
    : header.typ;
  const isAccessToken = typ === "at+jwt" ||
    !strict && (typ === undefined || typ === "jwt");
  const isOther = claims.at_hash !== undefined ||
    claims.c_hash !== undefined || claims.events !== undefined ||
    (claims.token_use ?? "access") !== "access" ||
    typeof claims.typ === "string" &&
      /^(?:id|refresh|offline|logout)$/i.test(claims.typ);
  if (!isAccessToken || isOther) throw new AccessTokenError("wrong_type");
}

async function checkSignature(
  token: string,
  header: JWSHeaderParameters,
  { keys, algorithms }: TrustedIssuer,
  request: RequestPlatform | undefined,
): Promise<void> {
  let reason: AccessTokenErrorReason = "unknown_key";
  let cause: unknown;
  for (const key of await keys.find(header, request)) {
    try {
      await compactVerify(token, key, { algorithms: [...algorithms] });
      return;
    } catch (error) {
      cause = error;
      // Anything else is a key that jose refuses to use, such as RSA with fewer than 2048 bits.
      if (error instanceof errors.JWSSignatureVerificationFailed) {
        reason = "bad_signature";
      }
    }
  }
  throw new AccessTokenError(reason, { cause });
}

/** Freezes a value and all that it holds, however deep a hostile token nests it. */
function deepFreeze<T>(value: T): T {
  const found: unknown[] = [value];
  for (const item of found) {
    if (typeof item !== "object" || item === null) continue;
    for (const member of Object.values(Object.freeze(item))) found.push(member);
  }
  return value;
}
