/**
 * Zitadel.
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
} from "./provider.ts";

/** A project of a Zitadel instance. */
export interface ZitadelOptions {
  /** The instance's domain, such as `acme.zitadel.cloud`, or its URL. */
  readonly domain: string;
  /**
   * The project's ID. Clients of other projects request a token with it in `aud` by the scope
   * `urn:zitadel:iam:org:project:id:{projectId}:aud`.
   */
  readonly projectId: string;
}

const SHAPE: OptionShape<ZitadelOptions> = {
  members: {
    domain: aString,
    projectId: aString,
  },
};

/** The prefix of Zitadel's own scopes, which request a role, an audience or a claim. */
const REQUEST = "urn:zitadel:";
/** The scope that requests a role, without the role's key. */
const ROLE_SCOPE = `${REQUEST}iam:org:project:role:`;

/**
 * Zitadel, with access tokens that are JWTs (a setting of each application), or opaque ones by introspection. The
 * scopes of a caller are the user's roles in the project, each as the scope that requests it:
 * `urn:zitadel:iam:org:project:role:{key}`. They come only from the roles claim: the `urn:zitadel:` names in `scope`
 * are what the client requested, granted or not, and are left out. Any application of the instance can request the
 * project as its audience: require a role.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function zitadel(options: ZitadelOptions): Provider {
  checkOptions(options, "", SHAPE);
  const audience = matching(
    options.projectId,
    /^\d+$/,
    "projectId",
    "write the project's ID, a number",
  );
  return provider([originOf(options.domain, "domain")], {
    audience,
    claims(claims): AccessTokenClaims {
      if (isIdToken(claims)) {
        throw refusal("wrong_type", "It tells of a login, as ID tokens do");
      }
      const scopes = typeof claims.scope === "string"
        ? claims.scope.split(" ").filter((name) => !name.startsWith(REQUEST))
        : [];
      const roles = rolesOf(claims, audience).map((role) => ROLE_SCOPE + role);
      return { ...claims, scope: [...scopes, ...roles].join(" ") };
    },
  });
}

/** ID tokens have the project in `aud` too. An introspection response, which is `active`, may describe the login. */
function isIdToken(
  { active, jti, amr, auth_time, sid }: AccessTokenClaims,
): boolean {
  return active !== true &&
    (typeof jti !== "string" || (amr ?? auth_time ?? sid) !== undefined);
}

/**
 * The keys of the roles in the project. The claim without a project ID is ignored: it has the roles in the client's
 * project, which may belong to anyone.
 */
function rolesOf(claims: AccessTokenClaims, projectId: string): string[] {
  const roles = claims[`urn:zitadel:iam:org:project:${projectId}:roles`];
  return [roles].flat().flatMap((member) =>
    typeof member === "object" && member !== null
      ? strings(Object.keys(member))
      : []
  );
}
