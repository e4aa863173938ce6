/**
 * Whether an example verifies DPoP proofs: `MCP_DPOP` and `MCP_DPOP_NONCE`.
 *
 * @module
 */

import type { ProofOfPossession } from "@gatehouse/mcp-auth";
import { dpop } from "@gatehouse/mcp-auth/dpop";
import { EnvironmentError } from "./variables.ts";

/** The variables. */
export interface ProofVariables {
  /** `optional` or `required`. Unset: bound tokens are rejected. */
  readonly MCP_DPOP?: string | undefined;
  /** `1`: a proof has to contain a nonce of this instance. `0`: none. */
  readonly MCP_DPOP_NONCE?: string | undefined;
}

/** Those of the variables that are set, to hand them on to a Worker or a function. */
export function proofVariables(
  env: object,
): Readonly<Record<string, string>> {
  const { MCP_DPOP, MCP_DPOP_NONCE }: ProofVariables = env;
  return {
    ...(MCP_DPOP !== undefined && { MCP_DPOP }),
    ...(MCP_DPOP_NONCE !== undefined && { MCP_DPOP_NONCE }),
  };
}

/**
 * Reads the variables.
 *
 * @throws {EnvironmentError} If one of them cannot be used.
 */
export function proofsOf(env: object): ProofOfPossession | undefined {
  const { MCP_DPOP: mode, MCP_DPOP_NONCE: nonce = "0" }: ProofVariables = env;
  if (mode !== undefined && mode !== "optional" && mode !== "required") {
    throw new EnvironmentError(
      `Cannot use MCP_DPOP=${
        JSON.stringify(mode.slice(0, 80))
      }: use optional or required, or leave it unset`,
    );
  }
  if (nonce !== "0" && nonce !== "1") {
    throw new EnvironmentError(
      `Cannot use MCP_DPOP_NONCE=${
        JSON.stringify(nonce.slice(0, 80))
      }: use 1 to ask for nonces, or leave it unset`,
    );
  }
  if (mode !== undefined) {
    return dpop({ mode, ...(nonce === "1" && { nonce: {} }) });
  }
  if (nonce === "1") {
    throw new EnvironmentError(
      "Cannot use MCP_DPOP_NONCE=1 alone: set MCP_DPOP to optional or required",
    );
  }
  return undefined;
}
