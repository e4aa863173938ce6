/**
 * Microsoft Entra ID.
 *
 * @module
 */

import {
  aBoolean,
  aString,
  checkOptions,
  oneOrMoreStrings,
  type OptionShape,
} from "../runtime/option_checks.ts";
import type { AccessTokenClaims } from "../types.ts";
import {
  matching,
  originOf,
  type Provider,
  provider,
  refusal,
  strings,
} from "./provider.ts";

/** The MCP server's app registration in a Microsoft Entra tenant. */
export interface EntraIdOptions {
  /** Its Directory (tenant) ID, a GUID. */
  readonly tenantId: string;
  /** Its Application (client) ID, a GUID. */
  readonly clientId: string;
  /**
   * Its Application ID URI, or all of them: the prefixes of the scopes that clients request. Clients also send the
   * resource, and Entra rejects the request unless both are the same: make it the resource. Tokens of version 1 have one
   * of them as `aud`, with or without a slash at the end. Default: `api://` and the client ID.
   */
  readonly applicationIdUri?: string | readonly string[] | undefined;
  /**
   * Whether tokens of version 1 are accepted, and their issuer is listed after that of version 2. `false` if the
   * registration has `requestedAccessTokenVersion: 2`. Default: `true` in the public cloud; elsewhere they are rejected.
   */
  readonly version1?: boolean | undefined;
  /**
   * The tenant's cloud: a national cloud, or `https://{tenant ID}.ciamlogin.com` for an external tenant. Default:
   * `https://login.microsoftonline.com`.
   */
  readonly authority?: string | undefined;
}

const SHAPE: OptionShape<EntraIdOptions> = {
  members: {
    tenantId: aString,
    clientId: aString,
    applicationIdUri: oneOrMoreStrings,
    version1: aBoolean,
    authority: aString,
  },
};

const PUBLIC_CLOUD = "https://login.microsoftonline.com";
const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Microsoft Entra ID, for one tenant. Set `requestedAccessTokenVersion` of the app registration to 2: an https
 * Application ID URI requires it. Tokens of version 1 are accepted too, unless `version1` is `false`. A token must have
 * scopes (`scp`) or, if an application calls for itself, application roles (`roles`), which are then its scopes. Each
 * scope has two names: the one in the token, and the one that clients request, such as `api://…/notes.read`.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function entraId(options: EntraIdOptions): Provider {
  checkOptions(options, "", SHAPE);
  const tenant = tenantOf(options.tenantId);
  const client = matching(
    options.clientId,
    GUID,
    "clientId",
    "write the Application (client) ID of the MCP server's registration, a GUID",
  ).toLowerCase();
  const uris = [options.applicationIdUri ?? `api://${client}`].flat();
  const authority = originOf(options.authority ?? PUBLIC_CLOUD, "authority");
  const rules = {
    audience: [client, ...uris.flatMap(withSlashedTwin)],
    claims: (claims: AccessTokenClaims) => mapClaims(claims, uris),
  };
  const current = provider([`${authority}/${tenant}/v2.0`], rules);
  if (authority !== PUBLIC_CLOUD || options.version1 === false) return current;
  // Version 1 is the default of an app registration, whichever endpoint the client uses.
  const versionOne = `https://sts.windows.net/${tenant}/`;
  return {
    authorization_servers: [...current.authorization_servers, versionOne],
    issuers: {
      ...current.issuers,
      [versionOne]: {
        ...rules,
        jwks_uri: `${authority}/${tenant}/discovery/keys`,
      },
    },
  };
}

/** Version 1 writes the URI that the client requested, and Entra takes it with and without a slash at the end. */
function withSlashedTwin(uri: string): string[] {
  return [uri, uri.endsWith("/") ? uri.slice(0, -1) : `${uri}/`];
}

function tenantOf(tenantId: string): string {
  if (/^(?:common|organizations|consumers)$/.test(tenantId)) {
    throw new TypeError(
      `Cannot use tenantId ${tenantId}: it stands for many issuers, write one tenant's GUID or combine several presets`,
    );
  }
  return matching(
    tenantId,
    GUID,
    "tenantId",
    "write the Directory (tenant) ID, a GUID: tokens do not name the tenant by its domain",
  ).toLowerCase();
}

function mapClaims(
  claims: AccessTokenClaims,
  uris: readonly string[],
): AccessTokenClaims {
  // ID tokens have the same `aud`, and may have `roles`, but name no client.
  const client_id = claims.azp ?? claims.appid;
  if (typeof client_id !== "string") {
    throw refusal(
      "wrong_type",
      "It has no azp or appid, as access tokens have",
      { expected: ["azp", "appid"] },
    );
  }
  const scopes = typeof claims.scp === "string"
    ? claims.scp.split(" ").filter(Boolean)
    : [];
  const granted = scopes.length > 0
    ? [
      ...scopes,
      ...uris.flatMap((uri) => scopes.map((scope) => `${uri}/${scope}`)),
    ]
    : strings(claims.roles);
  // Every application of the tenant can get a token for the API. Without a role, it was granted nothing.
  if (granted.length === 0) {
    throw refusal("missing_claim", "It has neither scp nor roles", {
      expected: ["scp", "roles"],
    });
  }
  return { ...claims, client_id, scope: granted.join(" ") };
}
