/**
 * Which resources the issuer is for, and with which scopes.
 *
 * @module
 */

import { isLoopback, parseUrl } from "../runtime/identifiers.ts";
import { InvalidTarget } from "./oidc_provider.ts";
import type { DevIssuerOptions } from "./options.ts";
import type { Context, Untyped } from "./sign_in.ts";

/** oidc-provider's settings for a resource, or for every resource on loopback if there is none. */
export function resourceIndicators(
  { resource, scopes }: Pick<DevIssuerOptions, "resource" | "scopes">,
): Untyped {
  return {
    defaultResource: () => resource ?? refuseResource(NO_RESOURCE),
    useGrantedResource: () => true,
    getResourceServerInfo: ({ oidc }: Context, indicator: string) => ({
      audience: audienceOf(indicator, resource),
      scope: (scopes ?? scopesIn(oidc)).join(" "),
      accessTokenFormat: "jwt",
      jwt: { sign: { alg: "ES256" } },
    }),
  };
}

const NO_RESOURCE = "the client names no resource: it must send `resource`, " +
  "or the issuer must be started for one resource";

/** The audience of a token for a resource. */
function audienceOf(indicator: string, resource: string | undefined): string {
  if (resource === undefined) {
    return isOnLoopback(indicator)
      ? indicator
      : refuseResource(`this issuer is for resources on this machine`);
  }
  // As URLs: an origin with and without its slash are the same.
  return parseUrl(indicator)?.href === new URL(resource).href
    ? resource
    : refuseResource(`this issuer is only for ${resource}`);
}

function refuseResource(description: string): never {
  throw new InvalidTarget(description);
}

/** The scopes of a request for a code, and those of the code or the refresh token in a request for tokens. */
function scopesIn({ params, entities }: Untyped): string[] {
  const { AuthorizationCode, RefreshToken } = entities;
  return [params.scope, AuthorizationCode?.scope, RefreshToken?.scope]
    .flatMap((scope) => scope?.split(" ") ?? []);
}

/** Whether an http or https URL has a host that can only be this machine. An app's own scheme has no hosts. */
export function isOnLoopback(value: string): boolean {
  const { protocol = "", hostname = "" } = parseUrl(value) ?? {};
  return /^https?:$/.test(protocol) && isLoopback(hostname);
}
