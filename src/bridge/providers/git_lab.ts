/**
 * GitLab, and GitLab Self-Managed
 * ({@link https://docs.gitlab.com/integration/openid_connect_provider/ | its documentation}).
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

/** What {@linkcode gitLab} takes. */
export interface GitLabOptions extends Application {
  /** The URL of a GitLab of your own. Default: `https://gitlab.com`. */
  readonly issuer?: string | undefined;
}

const SHAPE: OptionShape<GitLabOptions> = {
  ...APPLICATION_SHAPE,
  members: { ...APPLICATION_MEMBERS, issuer: aString },
};

/**
 * GitLab. Its access tokens last two hours and come with a refresh token that is used once, whatever the scopes.
 *
 * @throws {TypeError} If the issuer is not an https URL, or the `client_id` is empty.
 */
export function gitLab(options: GitLabOptions): UpstreamProvider {
  checkOptions(options, "", SHAPE);
  return openIdConnect({
    ...options,
    scope: options.scope ?? ["openid"],
    issuer: options.issuer ?? "https://gitlab.com",
    name: "GitLab",
    parameters: {},
  });
}
