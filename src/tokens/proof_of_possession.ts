/**
 * What the core knows of tokens that are bound to a key: when a proof is checked, not how. `dpop()` of `/dpop` implements
 * it, so that a server without it does not load it.
 *
 * @module
 */

import type { Credentials } from "../http/credentials.ts";
import type { ChallengeParams } from "../http/error_responses.ts";
import { type Check, mustBe } from "../runtime/option_checks.ts";
import type { AccessTokenClaims } from "../types.ts";

/** Verifies proofs of possession. `dpop()` of `@gatehouse/mcp-auth/dpop` creates it. */
export interface ProofOfPossession {
  /** The members that it adds to the resource's metadata. A document on your own route needs them too. */
  readonly metadata: {
    /** The algorithms of proofs that are accepted. */
    readonly dpop_signing_alg_values_supported: readonly string[];
    /** Whether every token must be bound. Left out if it need not be. */
    readonly dpop_bound_access_tokens_required?: true | undefined;
  };
  /** Creates the checks of one resource. The guard calls it; what it returns may change in any version. */
  readonly checksOf: (resource: ProvenResource) => unknown;
}

/** A resource whose requests carry proofs. */
export interface ProvenResource {
  /** The resource's identifier, which is its public URL. */
  readonly resource: string;
  /** The paths at which it may be mounted. */
  readonly mounts: readonly string[];
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/** The checks of one resource. */
export interface ProofChecks {
  /**
   * Reads the proof of a request, and checks all that needs no cryptography.
   *
   * @throws {AccessTokenError} If the scheme is not supported, or the proof is missing or not for this request.
   */
  read(request: Request, credentials: Credentials): Prove;
  /** The challenge to a request with these credentials: the same object for the same arguments. */
  challenge(
    params: ChallengeParams,
    scheme: Credentials["scheme"],
  ): ChallengeParams;
  /** Adds headers to the response to a request with these credentials. */
  amend(headers: Headers, scheme: Credentials["scheme"]): void;
}

/**
 * Verifies the proof that was read and its binding to the claims of the token. The proof is verified by the first call
 * alone, the binding by each.
 *
 * @throws {AccessTokenError} If the proof is not authentic or was used before, or the token is not bound to its key.
 */
export type Prove = (claims: AccessTokenClaims) => Promise<void>;

/** Accepts only the result of `dpop()`. */
export const aProofOfPossession: Check = mustBe(
  (value) => typeof (value as ProofOfPossession)?.checksOf === "function",
  "give dpop() of @gatehouse/mcp-auth/dpop",
);
