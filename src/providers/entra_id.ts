/**
 * Microsoft Entra ID.
 *
 * @module
 */

import {
  aString,
  checkOptions,
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
  text,
} from "./provider.ts";

/** The MCP server's app registration in a Microsoft Entra tenant. */
export interface EntraIdOptions {
  /** Its Directory (tenant) ID, a GUID. */
  readonly tenantId: string;
  /** Its Application (client) ID, a GUID. */
  readonly clientId: string;
  /**
   * Its Application ID URI, with which clients ask for its scopes. Clients send the resource beside it, and Entra
   * refuses the two unless they are the same: best make it the resource. Default: `api://` and the client ID.
   */
  readonly applicationIdUri?: string | undefined;
  /** Where the tenant is: a national cloud, or an external tenant's `https://{tenant ID}.ciamlogin.com`. Default: `https://login.microsoftonline.com`. */
  readonly authority?: string | undefined;
}

const SHAPE: OptionShape<EntraIdOptions> = {
  members: {
    tenantId: aString,
    clientId: aString,
    applicationIdUri: aString,
    authority: aString,
  },
};

const PUBLIC_CLOUD = "https://login.microsoftonline.com";
const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Microsoft Entra ID, for one tenant. Access tokens of either version are accepted: which one an API gets is a
 * setting of its app registration. A token must have scopes (`scp`) or, where an application calls for itself,
 * application roles (`roles`): these are then its scopes. Scopes have the name that the token gives them, and the
 * one by which clients ask for them, as in `api://…/notes.read`.
 *
 * @throws {TypeError} If an option cannot be used.
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
  const uri = text(
    options.applicationIdUri ?? `api://${client}`,
    "applicationIdUri",
  );
  const authority = originOf(options.authority ?? PUBLIC_CLOUD, "authority");
  const rules = {
    audience: [client, uri],
    claims: (claims: AccessTokenClaims) => mapClaims(claims, uri),
  };
  const current = provider([`${authority}/${tenant}/v2.0`], rules);
  if (authority !== PUBLIC_CLOUD) return current;
  // An API whose registration says nothing of it gets tokens of version 1, whichever endpoint a client used.
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
  uri: string,
): AccessTokenClaims {
  // ID tokens have the same `aud`, and may have `roles`. What they have not is a client.
  const client_id = claims.azp ?? claims.appid;
  if (typeof client_id !== "string") {
    throw refusal(
      "wrong_type",
      "It has no azp or appid, as access tokens have",
    );
  }
  const scopes = typeof claims.scp === "string"
    ? claims.scp.split(" ").filter(Boolean)
    : [];
  const granted = scopes.length > 0
    ? [...scopes, ...scopes.map((scope) => `${uri}/${scope}`)]
    : strings(claims.roles);
  // Any application of the tenant gets a token for the API; without a role, it was granted nothing.
  if (granted.length === 0) {
    throw refusal("missing_claim", "It has neither scp nor roles");
  }
  return { ...claims, client_id, scope: granted.join(" ") };
}
