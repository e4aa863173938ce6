/**
 * The caller that a token's claims describe, by the names that authorization servers use.
 *
 * @module
 */

import type { AccessTokenClaims } from "../types.ts";

/** The caller that a token names. */
export interface TokenCaller {
  /** The client, or the empty string if the token names none. */
  readonly clientId: string;
  /** The granted scopes, each once. */
  readonly scopes: readonly string[];
  /** `iss`, `sub` and all claims, frozen. */
  readonly extra: Record<string, unknown>;
}

const callers = new WeakMap<AccessTokenClaims, TokenCaller>();

/** The caller that claims describe. Cached for frozen claims, such as those of a cached token. */
export function callerOf(claims: AccessTokenClaims): TokenCaller {
  const known = callers.get(claims);
  if (known !== undefined) return known;
  const { iss, sub } = claims;
  const caller = {
    clientId: clientOf(claims),
    scopes: scopesOf(claims),
    extra: Object.freeze({ iss, sub, claims }),
  };
  if (Object.isFrozen(claims)) callers.set(claims, caller);
  return caller;
}

/** `client_id` (RFC 9068), `azp` (OpenID Connect: Keycloak, Entra, Google) or `cid` (Okta); never `sub`. */
function clientOf({ client_id, azp, cid }: AccessTokenClaims): string {
  return [client_id, azp, cid].find((id) => typeof id === "string") as
    | string
    | undefined ?? "";
}

/** `scope` (RFC 9068 §2.2.3), or `scp` (Entra, Okta): a string separated by spaces, or an array of strings. */
function scopesOf({ scope, scp }: AccessTokenClaims): string[] {
  const granted = [scope ?? scp].flat().filter((value) =>
    typeof value === "string"
  );
  return [...new Set(granted.join(" ").split(" ").filter(Boolean))];
}
