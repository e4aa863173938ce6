/**
 * The caller of whom a token's claims speak, by the names that authorization servers use.
 *
 * @module
 */

import type { AccessTokenClaims } from "../types.ts";

/** What claims say of a caller. */
export interface Caller {
  /** The client, or the empty string. */
  readonly clientId: string;
  /** The granted scopes, each once. */
  readonly scopes: readonly string[];
  /** `iss`, `sub` and all claims, frozen. */
  readonly extra: Record<string, unknown>;
}

const callers = new WeakMap<AccessTokenClaims, Caller>();

/** Who calls by these claims. Worked out once for claims that cannot change, as those of a remembered token. */
export function callerOf(claims: AccessTokenClaims): Caller {
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

/** `scope` (RFC 9068 §2.2.3), or `scp` (Entra, Okta); a string divided by spaces, or a list. */
function scopesOf({ scope, scp }: AccessTokenClaims): string[] {
  const granted = [scope ?? scp].flat().filter((value) =>
    typeof value === "string"
  );
  return [...new Set(granted.join(" ").split(" ").filter(Boolean))];
}
