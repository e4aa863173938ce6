/**
 * The function that API Gateway asks about every request for the notes. `REFUSALS` says who answers a request whose
 * token is rejected:
 *
 * - `forward`: the function behind it, for HTTP APIs
 * - `deny`, the default: the gateway, with its response `ACCESS_DENIED`
 * - `unauthorized`: the gateway, with `UNAUTHORIZED`; and with `ACCESS_DENIED` if the token has too few scopes. So a REST
 *   API can answer 401 and 403, each with its challenge
 *
 * @module
 */

import {
  lambdaAuthorizer,
  type PolicyAnswer,
  type SimpleAnswer,
} from "@gatehouse/mcp-auth/aws-lambda";
import process from "node:process";
import { NOTES_SCOPES } from "../notes_scopes.ts";
import {
  readMetadata,
  readProofs,
  readRequiredScopes,
} from "./configuration.ts";

const { REFUSALS } = process.env;

const authorize = lambdaAuthorizer({
  metadata: readMetadata(),
  dpop: readProofs(),
  refusals: REFUSALS === "forward" ? "forward" : "deny",
  scopes: { required: readRequiredScopes(), implies: NOTES_SCOPES.implies },
});

export async function handler(
  event: unknown,
): Promise<SimpleAnswer | PolicyAnswer> {
  const answer = await authorize(event);
  const { outcome, reason } = answer.context;
  // By this very message a REST API knows that it is to answer UNAUTHORIZED.
  if (
    REFUSALS === "unauthorized" && outcome === "refused" &&
    reason !== "insufficient_scope"
  ) throw new Error("Unauthorized");
  return answer;
}
