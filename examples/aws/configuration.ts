/**
 * What both functions are told by their environment.
 *
 * @module
 */

import type {
  ProofOfPossession,
  ProtectedResourceMetadata,
} from "@gatehouse/mcp-auth";
import process from "node:process";
import { EnvironmentError, readEnvironment } from "../environment.ts";
import { proofsOf } from "../proofs.ts";

/** Whether the notes' own scopes are asked for: an authorization server that does not know them would refuse every login. */
export const HAS_SCOPES: boolean = process.env.MCP_SCOPES !== "none";

/** Reads the scopes that every token must have from `AUTHORIZER_SCOPES`, divided by spaces. Default: none. */
export function readRequiredScopes(): readonly string[] {
  return (process.env.AUTHORIZER_SCOPES ?? "").split(" ")
    .filter((scope) => scope !== "");
}

/** Reads whether DPoP proofs are verified, from `MCP_DPOP` and `MCP_DPOP_NONCE`. */
export function readProofs(): ProofOfPossession | undefined {
  return proofsOf(process.env);
}

/**
 * Reads the resource's metadata from `MCP_RESOURCE` and `MCP_AUTHORIZATION_SERVERS`.
 *
 * @throws {EnvironmentError} If one of them is missing or bad.
 */
export function readMetadata(): ProtectedResourceMetadata {
  const { resource, authorizationServers } = readEnvironment(process.env);
  if (
    process.env.MCP_RESOURCE === undefined || authorizationServers === undefined
  ) {
    throw new EnvironmentError(
      "Cannot start: set MCP_RESOURCE and MCP_AUTHORIZATION_SERVERS",
    );
  }
  return {
    resource,
    authorization_servers: authorizationServers,
    ...(HAS_SCOPES && { scopes_supported: ["notes:read", "notes:write"] }),
    resource_name: "Notes",
  };
}
