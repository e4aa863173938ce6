/**
 * Google ({@link https://developers.google.com/identity/openid-connect/openid-connect | its documentation}).
 *
 * @module
 */

import { checkOptions } from "../../runtime/option_checks.ts";
import { openIdConnect } from "./open_id_connect.ts";
import {
  type Application,
  APPLICATION_SHAPE,
  type UpstreamProvider,
} from "./provider.ts";

/**
 * Google. It knows no `offline_access`: `access_type=offline` asks for a refresh token, and `prompt=consent` for one at
 * each sign-in and not at the first alone. Its access tokens are opaque and last an hour.
 *
 * @throws {TypeError} If the `client_id` is empty.
 */
export function google(application: Application): UpstreamProvider {
  checkOptions(application, "", APPLICATION_SHAPE);
  return openIdConnect({
    ...application,
    scope: application.scope ?? ["openid", "email", "profile"],
    issuer: "https://accounts.google.com",
    name: "Google",
    parameters: { access_type: "offline", prompt: "consent" },
  });
}
