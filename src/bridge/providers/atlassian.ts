/**
 * Atlassian, by OAuth 2.0 (3LO)
 * ({@link https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ | its documentation}).
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
 * Atlassian: Jira, Confluence and others. Access tokens last an hour; a refresh token comes with `offline_access`, is
 * used once, and ends after 90 days without use.
 *
 * @throws {TypeError} If a setting is missing.
 */
export function atlassian(application: Application): UpstreamProvider {
  checkOptions(application, "", APPLICATION_SHAPE);
  return {
    name: "Atlassian",
    client_id: checkSetting(application.client_id, "client_id"),
    client_secret: checkSetting(
      application.client_secret ?? "",
      "client_secret",
    ),
    authentication: "client_secret_post",
    server: {
      issuer: "https://auth.atlassian.com",
      authorization_endpoint: "https://auth.atlassian.com/authorize",
      token_endpoint: "https://auth.atlassian.com/oauth/token",
    },
    // read:me is what the user endpoint needs.
    scope: application.scope ?? ["read:me", "offline_access"],
    parameters: { audience: "api.atlassian.com", prompt: "consent" },
    user: {
      url: "https://api.atlassian.com/me",
      read: (body) => userOf(body, "account_id"),
    },
  };
}
