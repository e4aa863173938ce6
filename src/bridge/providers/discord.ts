/**
 * Discord ({@link https://docs.discord.com/developers/topics/oauth2 | its documentation}).
 *
 * @module
 */

import { checkOptions } from "../../runtime/option_checks.ts";
import { checkSetting } from "./open_id_connect.ts";
import {
  type Application,
  APPLICATION_SHAPE,
  type UpstreamProvider,
  userOf,
} from "./provider.ts";

/**
 * Discord. Its user endpoint tells who signed in. Access tokens last a week, with a refresh token.
 *
 * @throws {TypeError} If a setting is missing.
 */
export function discord(application: Application): UpstreamProvider {
  checkOptions(application, "", APPLICATION_SHAPE);
  return {
    name: "Discord",
    client_id: checkSetting(application.client_id, "client_id"),
    client_secret: checkSetting(
      application.client_secret ?? "",
      "client_secret",
    ),
    server: {
      issuer: "https://discord.com",
      authorization_endpoint: "https://discord.com/oauth2/authorize",
      token_endpoint: "https://discord.com/api/oauth2/token",
      revocation_endpoint: "https://discord.com/api/oauth2/token/revoke",
    },
    scope: application.scope ?? ["identify"],
    user: {
      url: "https://discord.com/api/users/@me",
      read: (body) => userOf(body, "id"),
    },
  };
}
