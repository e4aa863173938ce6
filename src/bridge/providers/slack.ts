/**
 * Slack, by OAuth v2 with the scopes of a user
 * ({@link https://docs.slack.dev/authentication/installing-with-oauth | its documentation}). Its OpenID endpoints, which
 * tell who a user is and give no token for the Web API, work with `openIdConnect({ issuer: "https://slack.com", … })`.
 *
 * @module
 */

import { checkOptions } from "../../runtime/option_checks.ts";
import { checkSetting } from "./open_id_connect.ts";
import {
  type Application,
  APPLICATION_SHAPE,
  type UpstreamAnswer,
  type UpstreamProvider,
  type UpstreamUser,
  userOf,
} from "./provider.ts";

const REFUSED_CODES: readonly unknown[] = [
  "code_already_used",
  "code_expired",
  "invalid_code",
  "invalid_grant",
  "invalid_refresh_token",
  "token_revoked",
];
const REFUSED_TOKENS: readonly unknown[] = [
  "account_inactive",
  "invalid_auth",
  "not_authed",
  "token_expired",
  "token_revoked",
];

/**
 * Slack. It answers errors with 200 and `ok: false`, asks for a user's scopes by `user_scope`, and puts the user's token
 * into `authed_user`. `sub` is the IDs of the workspace and the user, as in `T0123-U0456`. Tokens do not expire, unless the app has token rotation: then they last 12 hours.
 *
 * @throws {TypeError} If a setting is missing.
 */
export function slack(application: Application): UpstreamProvider {
  checkOptions(application, "", APPLICATION_SHAPE);
  return {
    name: "Slack",
    client_id: checkSetting(application.client_id, "client_id"),
    client_secret: checkSetting(
      application.client_secret ?? "",
      "client_secret",
    ),
    server: {
      issuer: "https://slack.com",
      authorization_endpoint: "https://slack.com/oauth/v2/authorize",
      token_endpoint: "https://slack.com/api/oauth.v2.access",
    },
    scope: application.scope ?? ["users:read"],
    scopeParameter: "user_scope",
    scopeSeparator: ",",
    tokenResponse(body): UpstreamAnswer {
      if (body.ok !== true) {
        const error = REFUSED_CODES.includes(body.error)
          ? "invalid_grant"
          : body.error ?? "server_error";
        return { error };
      }
      const user = Object(body.authed_user) as UpstreamAnswer;
      // A refresh has the user's token at the top.
      const { access_token, refresh_token, expires_in } = "access_token" in user
        ? user
        : body;
      return {
        access_token,
        token_type: "Bearer",
        ...(refresh_token !== undefined && { refresh_token }),
        ...(expires_in !== undefined && { expires_in }),
      };
    },
    user: {
      url: "https://slack.com/api/auth.test",
      read(body): UpstreamUser | undefined {
        if (body.ok === true) {
          // A user's ID is unique in its workspace only.
          const { sub: team } = userOf(body, "team_id");
          const { sub: user } = userOf(body, "user_id");
          return { sub: `${team}-${user}`, claims: body };
        }
        if (REFUSED_TOKENS.includes(body.error)) return undefined;
        throw new TypeError("Slack cannot say whose token it is");
      },
    },
    revocation: (token) => ({
      url: "https://slack.com/api/auth.revoke",
      init: { headers: { authorization: `Bearer ${token}` } },
    }),
  };
}
