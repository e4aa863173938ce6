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
  /** The project's ID. Clients of other projects have it in `aud` when they ask for `urn:zitadel:iam:org:project:id:{projectId}:aud`. */
  readonly projectId: string;
}

const SHAPE: OptionShape<ZitadelOptions> = {
  members: {
    domain: aString,
    projectId: aString,
  },
};

/** A scope by which a client asks for a role, but for the role's key. */
const ROLE_SCOPE = "urn:zitadel:iam:org:project:role:";

/**
 * Zitadel, with access tokens that are JWTs (a setting of each application). They have no scopes, so the project's
 * roles stand for them, each by the scope that asks for it: `urn:zitadel:iam:org:project:role:{key}`. Any
 * application of the instance may ask for the project as its audience: require a role.
 *
 * @throws {TypeError} If an option cannot be used.
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
      // ID tokens have the project in `aud` too.
      const { jti, amr, auth_time, sid } = claims;
      if (typeof jti !== "string" || (amr ?? auth_time ?? sid) !== undefined) {
        throw refusal("wrong_type", "It tells of a login, as ID tokens do");
      }
      const scope = typeof claims.scope === "string" ? [claims.scope] : [];
      const roles = rolesOf(claims, audience).map((role) => ROLE_SCOPE + role);
      return { ...claims, scope: [...scope, ...roles].join(" ") };
    },
  });
}

/**
 * The keys of the roles on the project. The claim without a project's ID is left alone: it has the roles on the
 * client's project, which may be anybody's.
 */
function rolesOf(claims: AccessTokenClaims, projectId: string): string[] {
  const roles = claims[`urn:zitadel:iam:org:project:${projectId}:roles`];
  return [roles].flat().flatMap((member) =>
    typeof member === "object" && member !== null
      ? strings(Object.keys(member))
      : []
  );
}
