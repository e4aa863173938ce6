/**
 * Keycloak.
 *
 * @module
 */

import {
  aString,
  checkOptions,
  oneOrMoreStrings,
  type OptionShape,
} from "../runtime/option_checks.ts";
import type { AccessTokenClaims } from "../types.ts";
import {
  type Audience,
  audienceOf,
  matching,
  originOf,
  type Provider,
  provider,
  refusal,
  text,
} from "./provider.ts";

/** A Keycloak realm. */
export interface KeycloakOptions {
  /** Keycloak's URL, with its path if it has one, such as `/auth`. */
  readonly url: string;
  /** The realm's name, as in its URLs. */
  readonly realm: string;
  /** Default: the resource itself. */
  readonly audience?: Audience | undefined;
}

const SHAPE: OptionShape<KeycloakOptions> = {
  members: {
    url: aString,
    realm: aString,
    audience: oneOrMoreStrings,
  },
};

/**
 * Keycloak. An audience mapper, or the feature `resource-indicators`, must put the resource into `aud`. ID and refresh
 * tokens are rejected by the `typ` in their payload.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function keycloak(options: KeycloakOptions): Provider {
  checkOptions(options, "", SHAPE);
  const { url, realm, audience } = options;
  const [, host = "", path = ""] =
    /^((?:https?:\/\/)?[^/]*)(.*?)\/?$/i.exec(text(url, "url")) ?? [];
  if (/\/realms(?:\/|$)/.test(path)) {
    throw new TypeError(`Cannot use url ${url}: remove /realms and the rest`);
  }
  const name = matching(
    realm,
    /^[\w.~%-]+$/,
    "realm",
    "write its name as in the realm's URLs",
  );
  return provider([`${originOf(host, "url")}${path}/realms/${name}`], {
    ...audienceOf(audience),
    claims(claims): AccessTokenClaims {
      // A DPoP token is judged later, by its `cnf`.
      if (claims.typ === "Bearer" || claims.typ === "DPoP") return claims;
      throw refusal("wrong_type", "Its typ claim is not Bearer", {
        expected: ["Bearer", "DPoP"],
        received: claims.typ,
      });
    },
  });
}
