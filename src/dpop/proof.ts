/**
 * One DPoP proof: its syntax, its claims and its signature
 * ({@link https://www.rfc-editor.org/rfc/rfc9449#section-4.3 | RFC 9449 §4.3}). The server's memory of nonces and of used
 * proofs is not part of it.
 *
 * @module
 */

import {
  calculateJwkThumbprint,
  EmbeddedJWK,
  type JWTHeaderParameters,
  jwtVerify,
} from "jose";
import { AccessTokenError } from "../errors.ts";
import { isObject, type JsonObject } from "../http/body.ts";
import { lruCache } from "../runtime/lru.ts";
import { sha256 } from "../runtime/sha256.ts";
import { checkForm, decodeJws } from "../tokens/jwt.ts";
import type { SignatureAlgorithm } from "../types.ts";
import { normalizeUrl } from "./target.ts";

/** The algorithms of proofs that are accepted by default. */
export const PROOF_ALGORITHMS: readonly SignatureAlgorithm[] = [
  "ES256",
  "EdDSA",
  "Ed25519",
];
/** How far `iat` may be from now by default, in seconds. */
export const DEFAULT_MAX_AGE_SECONDS = 60;

/** The longest proof that is read, in characters. One with an RSA key of 8192 bits has about 4000. */
const MAX_PROOF_LENGTH = 8192;
/** The longest `jti`, in characters. A UUID has 36. */
const MAX_JTI_LENGTH = 256;
/** The members of a JWK that only private and symmetric keys have (RFC 7518 §6, RFC 8037 §2). */
const PRIVATE_MEMBERS: readonly string[] = [
  ..."dpqk",
  "dp",
  "dq",
  "qi",
  "oth",
  "priv",
];

/** The request that a proof has to be for. */
export interface ProofTarget {
  /** Its method. */
  readonly method: string;
  /** Its public URL, as {@linkcode normalizeUrl} returns it. */
  readonly url: string | undefined;
}

/** What is accepted of proofs. */
export interface ProofRules {
  /** The algorithms. */
  readonly algorithms: readonly string[];
  /** How far `iat` may be from the time of this server, in seconds, either way. */
  readonly maxAgeSeconds: number;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/** A proof that is for a request. Its signature has not been verified. */
export interface Proof {
  /** The compact JWS. */
  readonly text: string;
  /** Its public key. */
  readonly jwk: JsonObject;
  /** Its claims. */
  readonly claims: JsonObject & { readonly jti: string };
}

/**
 * Reads the `DPoP` header of a request, and checks all that needs no cryptography.
 *
 * @throws {AccessTokenError} `invalid_proof`, if there is no proof or more than one, or it is not for this request.
 */
export function readProof(
  header: string | null,
  target: ProofTarget,
  rules: ProofRules,
): Proof {
  if (header === null) throw invalidProof("a DPoP header");
  // Two headers are joined by a comma, which no proof contains.
  if (header.includes(",")) throw invalidProof("one DPoP header");
  if (header.length > MAX_PROOF_LENGTH) {
    throw invalidProof(`a proof of at most ${MAX_PROOF_LENGTH} characters`);
  }
  const { header: { typ, alg, jwk }, payload } = decode(header);
  if (typ !== "dpop+jwt") throw invalidProof("typ dpop+jwt", typ);
  if (!rules.algorithms.includes(`${alg}`)) {
    throw invalidProof(`alg ${rules.algorithms.join(" or ")}`, alg);
  }
  if (
    !isObject(jwk) || jwk.kty === "oct" ||
    PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))
  ) throw invalidProof("a public key as jwk");
  const { jti, htm, htu, iat } = payload;
  if (!isIdentifier(jti)) {
    throw invalidProof(`a jti of 1 to ${MAX_JTI_LENGTH} characters`);
  }
  if (htm !== target.method) throw invalidProof(`htm ${target.method}`, htm);
  if (target.url === undefined || normalizeUrl(htu) !== target.url) {
    // Without the query: in a client's own URL it may have a token.
    throw invalidProof(
      `htu ${target.url}`,
      typeof htu === "string" ? htu.replace(/[?#][^]*$/, "") : htu,
    );
  }
  checkAge(iat, rules);
  return { text: header, jwk, claims: { ...payload, jti } };
}

/**
 * Checks the time at which a proof was made.
 *
 * @throws {AccessTokenError} `invalid_proof`, if it is too far from now.
 */
export function checkAge(
  iat: unknown,
  { maxAgeSeconds, now }: Pick<ProofRules, "maxAgeSeconds" | "now">,
): void {
  const age = now() / 1000 - (typeof iat === "number" ? iat : NaN);
  if (!(Math.abs(age) <= maxAgeSeconds)) {
    throw invalidProof(`iat within ${maxAgeSeconds} s of now`, iat);
  }
}

/** A key that has signed a proof. */
interface KnownKey {
  readonly key: CryptoKey | Uint8Array;
  readonly thumbprint: string;
}

/** The keys that are cached, by the characters of the headers that contain them. An entry has others too. */
const KEY_CACHE_LENGTH = 1_048_576;
const ENTRY_LENGTH = 512;

/**
 * Creates a function that verifies the signature of a proof, and resolves to the thumbprint of its key
 * ({@link https://www.rfc-editor.org/rfc/rfc7638 | RFC 7638}). A client's key is imported once: all its proofs have the
 * same header. Only keys that have signed a proof are cached.
 *
 * @throws {AccessTokenError} `invalid_proof`, from the function, if the key in the proof did not sign it.
 */
export function proofVerifier(
  { algorithms, now }: ProofRules,
): (proof: Proof) => Promise<string> {
  const known = lruCache<KnownKey>(KEY_CACHE_LENGTH);
  return async ({ text, jwk }) => {
    const header = text.slice(0, text.indexOf("."));
    const cached = known.get(header);
    const options = {
      algorithms: [...algorithms],
      currentDate: new Date(now()),
    };
    try {
      if (cached !== undefined) {
        await jwtVerify(text, cached.key, options);
        return cached.thumbprint;
      }
      const { key } = await jwtVerify(text, EmbeddedJWK, options);
      const thumbprint = await calculateJwkThumbprint(jwk, "sha256");
      known.set(header, { key, thumbprint }, header.length + ENTRY_LENGTH);
      return thumbprint;
    } catch (cause) {
      throw new AccessTokenError("invalid_proof", {
        expected: ["a signature by the key in jwk"],
        cause,
      });
    }
  };
}

/**
 * Checks that a proof was made for a token (`ath`).
 *
 * @throws {AccessTokenError} `invalid_proof`, if it was not.
 */
export async function checkTokenHash(
  { claims: { ath } }: Proof,
  token: string,
): Promise<void> {
  const hash = await sha256(token);
  if (ath !== hash) throw invalidProof("ath of this access token");
}

/** The error about a proof. `expected` and `received` are for the log. */
export function invalidProof(
  expected: string,
  received?: unknown,
): AccessTokenError {
  return new AccessTokenError("invalid_proof", {
    expected: [expected],
    ...(received !== undefined && { received }),
  });
}

function decode(
  text: string,
): { header: Partial<JWTHeaderParameters>; payload: JsonObject } {
  try {
    checkForm(text);
    return decodeJws(text) as ReturnType<typeof decode>;
  } catch {
    throw invalidProof("a signed JWT without extensions");
  }
}

function isIdentifier(value: unknown): value is string {
  return typeof value === "string" && value !== "" &&
    value.length <= MAX_JTI_LENGTH;
}
