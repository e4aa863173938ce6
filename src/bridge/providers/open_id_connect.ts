/**
 * Any OpenID provider that publishes its metadata
 * ({@link https://openid.net/specs/openid-connect-discovery-1_0.html | OpenID Connect Discovery 1.0}).
 *
 * @module
 */

import {
  aString,
  checkOptions,
  eachOf,
  oneOf,
  type OptionShape,
} from "../../runtime/option_checks.ts";
import type { AuthorizationServerMetadata } from "../../issuers/metadata.ts";
import { checkIdentifier } from "../../runtime/identifiers.ts";
import {
  type Application,
  APPLICATION_MEMBERS,
  APPLICATION_SHAPE,
  type UpstreamProvider,
} from "./provider.ts";

/** What {@linkcode openIdConnect} takes. */
export interface OpenIdConnectOptions extends Application {
  /** The issuer, as its metadata writes it. */
  readonly issuer: string;
  /** What users know the provider by. Default: the issuer's host. */
  readonly name?: string | undefined;
  /** Default: `client_secret_basic`. */
  readonly authentication?:
    | "client_secret_basic"
    | "client_secret_post"
    | undefined;
  /** Parameters of the authorization request. Default: `prompt=consent` with `offline_access`, as OpenID Connect Core §11 requires. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

const SHAPE: OptionShape<OpenIdConnectOptions> = {
  ...APPLICATION_SHAPE,
  members: {
    ...APPLICATION_MEMBERS,
    issuer: aString,
    name: aString,
    authentication: oneOf("client_secret_basic", "client_secret_post"),
    parameters: eachOf(aString),
  },
};

/**
 * An OpenID provider: Keycloak, Auth0, Cognito, Zitadel, Authentik and others.
 *
 * @throws {TypeError} If the issuer is not an https URL (http on loopback), or the `client_id` is empty.
 */
export function openIdConnect(options: OpenIdConnectOptions): UpstreamProvider {
  checkOptions(options, "", SHAPE);
  const { issuer, client_id, client_secret, scope, authentication } = options;
  checkIdentifier(issuer, "issuer");
  return {
    name: options.name ?? new URL(issuer).host,
    client_id: checkSetting(client_id, "client_id"),
    client_secret,
    ...(authentication && { authentication }),
    server: issuer,
    scope: scope === undefined
      ? defaultScope
      : [...new Set(["openid", ...scope])],
    parameters: options.parameters ?? consentForOffline,
  };
}

function defaultScope(
  { scopes_supported }: AuthorizationServerMetadata,
): readonly string[] {
  return Array.isArray(scopes_supported) &&
      scopes_supported.includes("offline_access")
    ? ["openid", "offline_access"]
    : ["openid"];
}

function consentForOffline(
  scope: readonly string[],
): Readonly<Record<string, string>> {
  return scope.includes("offline_access") ? { prompt: "consent" } : {};
}

/** A setting that may come from the environment, where it may be missing. */
export function checkSetting(value: string, name: string): string {
  if (typeof value !== "string" || value === "") {
    throw new TypeError(`Cannot use ${name}: write a string that is not empty`);
  }
  return value;
}
