/**
 * Okta ({@link https://developer.okta.com/docs/reference/api/oidc/ | its documentation}).
 *
 * @module
 */

import {
  aString,
  checkOptions,
  type OptionShape,
} from "../../runtime/option_checks.ts";
import { openIdConnect } from "./open_id_connect.ts";
import {
  type Application,
  APPLICATION_MEMBERS,
  APPLICATION_SHAPE,
  type UpstreamProvider,
} from "./provider.ts";

/** What {@linkcode okta} takes. */
export interface OktaOptions extends Application {
  /** The issuer: `https://acme.okta.com`, or that of a custom authorization server, such as `https://acme.okta.com/oauth2/default`. */
  readonly issuer: string;
}

const SHAPE: OptionShape<OktaOptions> = {
  ...APPLICATION_SHAPE,
  members: { ...APPLICATION_MEMBERS, issuer: aString },
};

/**
 * Okta. Its codes live for 60 seconds, and its refresh tokens may rotate.
 *
 * @throws {TypeError} If the issuer is not an https URL, or the `client_id` is empty.
 */
export function okta(options: OktaOptions): UpstreamProvider {
  checkOptions(options, "", SHAPE);
  return openIdConnect({
    ...options,
    scope: options.scope ?? ["openid", "profile", "offline_access"],
    name: "Okta",
    // Whether Okta asks for consent is a setting of the application there.
    parameters: {},
  });
}
