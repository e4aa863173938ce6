/**
 * The result of every preset, and the functions that presets share.
 *
 * @module
 */

import {
  AccessTokenError,
  type AccessTokenErrorOptions,
  type AccessTokenErrorReason,
} from "../errors.ts";
import {
  checkIdentifier,
  checkIssuers,
  pathOf,
} from "../runtime/identifiers.ts";
import {
  type Check,
  checkOptions,
  type OptionShape,
} from "../runtime/option_checks.ts";
import { checkIssuerRules } from "../tokens/issuer_rules.ts";
import type { AccessTokenClaims, IssuerRules } from "../types.ts";

/** A provider's issuers, for the options of a protected resource. */
export interface Provider {
  /** For `metadata`: the issuers, exactly as they identify themselves. Clients use the first. */
  readonly authorization_servers: readonly string[];
  /** For `issuers`: the rules of each issuer. */
  readonly issuers: Readonly<Record<string, IssuerRules>>;
}

/** An `aud`, or several of which any one is accepted. */
export type Audience = string | readonly string[];

const PROVIDER_SHAPE: OptionShape<Provider> = {
  members: {
    authorization_servers: checkIssuers as Check,
    issuers: checkIssuerRules,
  },
};

/**
 * Combines several providers. Clients use the first issuer of the first one.
 *
 * @example People by Okta, other services by Google
 * ```ts
 * import {
 *   combineProviders,
 *   googleServiceAccounts,
 *   okta,
 * } from "@gatehouse/mcp-auth/providers";
 *
 * const { authorization_servers, issuers } = combineProviders(
 *   okta({ domain: "acme.okta.com", audience: "api://default" }),
 *   googleServiceAccounts({
 *     accounts: { "nightly@acme.iam.gserviceaccount.com": ["notes:read"] },
 *   }),
 * );
 * ```
 *
 * @throws {TypeError} If two of them share an issuer: the rules of one would replace those of the other. Or if one has an
 *   unknown member or an invalid rule.
 */
export function combineProviders(...providers: readonly Provider[]): Provider {
  providers.forEach((provider, i) =>
    checkOptions(provider, `providers[${i}]`, PROVIDER_SHAPE)
  );
  const authorization_servers = providers.flatMap((provider) =>
    provider.authorization_servers
  );
  const twice = authorization_servers.find((issuer, i) =>
    authorization_servers.indexOf(issuer) !== i
  );
  if (twice !== undefined) {
    throw new TypeError(
      `Cannot combine providers: ${twice} is in two of them, name all of its audiences in one`,
    );
  }
  const issuers = providers.map((provider) => provider.issuers);
  return { authorization_servers, issuers: Object.assign({}, ...issuers) };
}

/** Creates a provider whose issuers have the same rules. */
export function provider(
  authorization_servers: readonly string[],
  rules: IssuerRules,
): Provider {
  return {
    authorization_servers,
    issuers: Object.fromEntries(
      authorization_servers.map((issuer) => [issuer, rules]),
    ),
  };
}

/**
 * Returns the origin of a value copied from a provider's console: a host or a URL, with or without a trailing slash. http
 * is accepted only for loopback hosts.
 *
 * @throws {TypeError} If it has a path, or only a part of a host.
 */
export function originOf(value: string, name: string): string {
  const isUrl = /^https?:\/\//i.test(text(value, name));
  if (!isUrl && !/\.|^localhost\b/.test(value)) {
    throw new TypeError(`Cannot use ${name} ${value}: write the whole host`);
  }
  const url = (isUrl ? value : `https://${value}`).replace(/\/$/, "");
  checkIdentifier(url, name);
  if (pathOf(url) !== "") {
    throw new TypeError(`Cannot use ${name} ${value}: remove its path`);
  }
  return new URL(url).origin;
}

/**
 * Returns the `audience` of a rule, or no rule: then the resource is the audience.
 *
 * @throws {TypeError} If the list or a name in it is empty.
 */
export function audienceOf(
  audience: Audience | undefined,
): Pick<IssuerRules, "audience"> {
  if (audience === undefined) return {};
  const list = [audience].flat();
  if (list.length === 0) {
    throw new TypeError("Cannot use audience: name one, or leave it out");
  }
  for (const value of list) text(value, "audience");
  return { audience };
}

/** Checks a setting that may come from a missing or empty environment variable. */
export function text(value: string, name: string): string {
  if (typeof value !== "string" || value === "") {
    throw new TypeError(`Cannot use ${name}: write a string that is not empty`);
  }
  return value;
}

/** Checks a setting of a known form. The error does not repeat it: it may be a misplaced secret. */
export function matching(
  value: string,
  form: RegExp,
  name: string,
  advice: string,
): string {
  if (!form.test(text(value, name))) {
    throw new TypeError(`Cannot use ${name}: ${advice}`);
  }
  return value;
}

/** Creates the error for a token, with a cause for the log. */
export function refusal(
  reason: AccessTokenErrorReason,
  cause: string,
  compared: Pick<AccessTokenErrorOptions, "expected" | "received"> = {},
): AccessTokenError {
  return new AccessTokenError(reason, { cause, ...compared });
}

/** Rejects tokens that lack one of these claims. Only this provider's access tokens have all of them. */
export function onlyWith(
  ...required: readonly string[]
): (claims: AccessTokenClaims) => AccessTokenClaims {
  return (claims) => {
    const absent = required.find((name) => typeof claims[name] !== "string");
    if (absent === undefined) return claims;
    throw refusal("wrong_type", `It has no ${absent}, as access tokens have`, {
      expected: [absent],
    });
  };
}

/** The strings in a list that are single scopes. A string with a space would be several scopes, and is left out. */
export function strings(list: unknown): string[] {
  return Array.isArray(list)
    ? list.filter((value) => typeof value === "string" && /^\S+$/.test(value))
    : [];
}
