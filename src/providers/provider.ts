/**
 * What every preset gives, and what they are made with.
 *
 * @module
 */

import { AccessTokenError, type AccessTokenErrorReason } from "../errors.ts";
import { checkIdentifier, pathOf } from "../runtime/identifiers.ts";
import type { AccessTokenClaims, IssuerRules } from "../types.ts";

/** A provider's issuers, as a protected resource's options take them. */
export interface Provider {
  /** For `metadata`: the issuers, exactly as they write themselves. Clients go to the first. */
  readonly authorization_servers: readonly string[];
  /** For `issuers`: what differs for each of them. */
  readonly issuers: Readonly<Record<string, IssuerRules>>;
}

/** One `aud`, or several of which any will do. */
export type Audience = string | readonly string[];

/**
 * Several providers as one. Clients go to the first one's first issuer.
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
 * @throws {TypeError} If two of them have an issuer in common: one would undo the rules of the other.
 */
export function combineProviders(...providers: readonly Provider[]): Provider {
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

/** A provider whose issuers have the same rules. */
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
 * `https://host` of what people copy from a console: a host or a URL, with or without a slash at its end. http is
 * for loopback hosts.
 *
 * @throws {TypeError} If it has more than a host, or only a part of one.
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
 * The `audience` of a rule; without one, it is the resource.
 *
 * @throws {TypeError} If it names nothing.
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

/** A setting that may come from the environment, where it may be missing or empty. */
export function text(value: string, name: string): string {
  if (typeof value !== "string" || value === "") {
    throw new TypeError(`Cannot use ${name}: write a string that is not empty`);
  }
  return value;
}

/** A setting of a known form. It may be a secret in the wrong place: the error does not repeat it. */
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

/** A refusal, and for the log its cause. */
export function refusal(
  reason: AccessTokenErrorReason,
  cause: string,
): AccessTokenError {
  return new AccessTokenError(reason, { cause });
}

/** Refuses tokens without a claim that only this provider's access tokens have. */
export function onlyWith(
  claim: string,
): (claims: AccessTokenClaims) => AccessTokenClaims {
  return (claims) => {
    if (typeof claims[claim] === "string") return claims;
    throw refusal("wrong_type", `It has no ${claim}, as access tokens have`);
  };
}

/** The strings of a list that can be scopes: one with a space in it would be several. */
export function strings(list: unknown): string[] {
  return Array.isArray(list)
    ? list.filter((value) => typeof value === "string" && /^\S+$/.test(value))
    : [];
}
