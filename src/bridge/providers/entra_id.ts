/**
 * Microsoft Entra ID, by its v2.0 endpoints
 * ({@link https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow | its documentation}). Not
 * implemented: `common`, `organizations` and `consumers`, whose metadata names no one issuer.
 *
 * @module
 */

import {
  aString,
  checkOptions,
  type OptionShape,
} from "../../runtime/option_checks.ts";
import { checkSetting, openIdConnect } from "./open_id_connect.ts";
import {
  type Application,
  APPLICATION_MEMBERS,
  APPLICATION_SHAPE,
  type UpstreamProvider,
} from "./provider.ts";

/** What {@linkcode entraId} takes. */
export interface EntraIdOptions extends Application {
  /** The directory (tenant) ID; or the whole v2.0 issuer, for a national cloud. */
  readonly tenant: string;
}

const SHAPE: OptionShape<EntraIdOptions> = {
  ...APPLICATION_SHAPE,
  members: { ...APPLICATION_MEMBERS, tenant: aString },
};

/**
 * Entra ID, for the users of one directory. Scopes of an API are written `api://…/name`. It is sent no `prompt`: with
 * `prompt=consent` users who are not administrators could not sign in. `sub` is another one at each application.
 *
 * @throws {TypeError} If the tenant is not one directory, or the `client_id` is empty.
 */
export function entraId(options: EntraIdOptions): UpstreamProvider {
  checkOptions(options, "", SHAPE);
  const { tenant, ...application } = options;
  checkSetting(tenant, "tenant");
  const isIssuer = /^https?:\/\//.test(tenant);
  if (
    !isIssuer && !/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(tenant)
  ) {
    throw new TypeError(
      "Cannot use tenant: write the directory (tenant) ID, such as 12345678-90ab-cdef-1234-567890abcdef",
    );
  }
  return openIdConnect({
    ...application,
    scope: application.scope ?? ["openid", "profile", "offline_access"],
    issuer: isIssuer
      ? tenant
      : `https://login.microsoftonline.com/${tenant}/v2.0`,
    name: "Microsoft",
    authentication: "client_secret_post",
    parameters: {},
  });
}
