/**
 * GitHub, by an OAuth app or a GitHub App
 * ({@link https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps | its documentation}).
 *
 * @module
 */

import {
  aString,
  checkOptions,
  type OptionShape,
} from "../../runtime/option_checks.ts";
import { checkSetting } from "./open_id_connect.ts";
import {
  type Application,
  APPLICATION_MEMBERS,
  APPLICATION_SHAPE,
  type UpstreamAnswer,
  type UpstreamProvider,
  userOf,
} from "./provider.ts";

/** What {@linkcode gitHub} takes. */
export interface GitHubOptions extends Application {
  /** The host of a GitHub Enterprise Server. Default: `github.com`. */
  readonly host?: string | undefined;
}

const SHAPE: OptionShape<GitHubOptions> = {
  ...APPLICATION_SHAPE,
  members: { ...APPLICATION_MEMBERS, host: aString },
};

/**
 * GitHub. It signs no ID tokens: its user endpoint tells who signed in, by a number that stays with the account. The
 * tokens of an OAuth app do not expire; those of a GitHub App last 8 hours, with a refresh token.
 *
 * @throws {TypeError} If a setting is missing.
 */
export function gitHub(options: GitHubOptions): UpstreamProvider {
  checkOptions(options, "", SHAPE);
  const { host = "github.com", scope = ["read:user"] } = options;
  const client_id = checkSetting(options.client_id, "client_id");
  const client_secret = checkSetting(
    options.client_secret ?? "",
    "client_secret",
  );
  const issuer = `https://${host}`;
  const api = host === "github.com"
    ? "https://api.github.com"
    : `${issuer}/api/v3`;
  return {
    name: "GitHub",
    client_id,
    client_secret,
    authentication: "client_secret_post",
    server: {
      issuer,
      authorization_endpoint: `${issuer}/login/oauth/authorize`,
      token_endpoint: `${issuer}/login/oauth/access_token`,
    },
    scope,
    tokenResponse(body): UpstreamAnswer {
      // Errors have the status 200; a code or a refresh token that was used or expired has error codes of GitHub.
      const isGone = body.error === "bad_verification_code" ||
        body.error === "bad_refresh_token";
      const error = isGone ? { error: "invalid_grant" } : {};
      const granted = typeof body.scope === "string"
        ? { scope: body.scope.replaceAll(",", " ") }
        : {};
      return { ...body, ...granted, ...error };
    },
    user: {
      url: `${api}/user`,
      read: (body) => userOf(body, "id"),
    },
    revocation: (token) => ({
      url: `${api}/applications/${encodeURIComponent(client_id)}/token`,
      init: {
        method: "DELETE",
        headers: {
          accept: "application/vnd.github+json",
          authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ access_token: token }),
      },
    }),
  };
}
