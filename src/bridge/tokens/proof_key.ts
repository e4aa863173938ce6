/**
 * The key of a client that sends a DPoP proof to the token endpoint: its tokens are bound to that key
 * ({@link https://www.rfc-editor.org/rfc/rfc9449#section-5 | RFC 9449 §5}). Not implemented: nonces of the bridge (§8).
 *
 * @module
 */

import {
  DEFAULT_MAX_AGE_SECONDS,
  PROOF_ALGORITHMS,
  type ProofRules,
  proofVerifier,
  readProof,
} from "../../dpop/proof.ts";
import { proofMemory } from "../../dpop/replay.ts";
import { normalizeUrl } from "../../dpop/target.ts";
import { AccessTokenError } from "../../errors.ts";
import { OAuthError } from "../oauth_error.ts";

/** The thumbprint of the key in the proof of a request; `undefined` if it has no proof. */
export type ProofKey = (request: Request) => Promise<string | undefined>;

/**
 * Verifies the proofs of requests to a token endpoint. Used ones are remembered by this instance alone: a code is
 * redeemed once, and a refresh token is bound to the key, so that a proof that is repeated gets nothing new.
 *
 * @throws {OAuthError} `invalid_dpop_proof`, from the function.
 */
export function proofKey(tokenEndpoint: string, now: () => number): ProofKey {
  const url = normalizeUrl(tokenEndpoint);
  const rules: ProofRules = {
    algorithms: PROOF_ALGORITHMS,
    maxAgeSeconds: DEFAULT_MAX_AGE_SECONDS,
    now,
  };
  const verify = proofVerifier(rules);
  const remember = proofMemory(tokenEndpoint, DEFAULT_MAX_AGE_SECONDS, now);
  return async ({ method, headers }) => {
    const header = headers.get("dpop");
    if (header === null) return undefined;
    try {
      const proof = readProof(header, { method, url }, rules);
      const thumbprint = await verify(proof);
      await remember(thumbprint, proof.claims.jti);
      return thumbprint;
    } catch (error) {
      if (!(error instanceof AccessTokenError)) throw error;
      throw new OAuthError(
        "invalid_dpop_proof",
        "The DPoP proof is not valid for this request, or was used before",
      );
    }
  };
}

/**
 * Checks that a code or a refresh token that is bound to a key is brought with a proof of it. What is not bound may be
 * brought with any proof, or none.
 *
 * @throws {OAuthError} If it is not.
 */
export function checkKey(
  bound: string | undefined,
  key: string | undefined,
): void {
  if (bound === undefined || bound === key) return;
  throw key === undefined
    ? new OAuthError(
      "invalid_dpop_proof",
      "It is bound to a key: send a DPoP proof",
    )
    : new OAuthError("invalid_grant", "It is bound to another key");
}
