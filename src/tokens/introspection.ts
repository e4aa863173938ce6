/**
 * Token introspection: the request to an issuer and its response
 * ({@link https://www.rfc-editor.org/rfc/rfc7662#section-2 | RFC 7662 §2}).
 * Not implemented: responses that are signed or encrypted JWTs (RFC 9701); they are not requested.
 *
 * @module
 */

import { isOtherToken } from "./claims.ts";
import { hasNoAudience, withFindings } from "./findings.ts";
import { checkConfiguredUrls, endpointOf } from "../issuers/endpoints.ts";
import {
  clientAuthentication,
  type ClientCredentials,
} from "../issuers/client_authentication.ts";
import { AccessTokenError, AuthorizationServerError } from "../errors.ts";
import type { JsonObject } from "../http/body.ts";
import { postForm } from "../issuers/fetch_json.ts";
import { checkIdentifier } from "../runtime/identifiers.ts";
import { deepFreeze } from "./jwt.ts";
import { mappedClaims } from "./mapped_claims.ts";
import {
  aFunction,
  anything,
  aString,
  mustBe,
  type OptionShape,
} from "../runtime/option_checks.ts";
import { printableList } from "../runtime/printable.ts";
import type { ResolvedRuntime } from "../runtime/platform.ts";
import type {
  AccessTokenClaims,
  IssuerRules,
  RequestContext,
} from "../types.ts";

/** An issuer's introspection endpoint, and how its responses are read. */
export interface IntrospectionOptions {
  /** The issuer: one of the resource's `authorization_servers`. */
  readonly issuer: string;
  /** What the issuer writes as the `iss` of its tokens, as {@linkcode IssuerRules.token_issuer}. Default: the issuer. */
  readonly token_issuer?: string | undefined;
  /** This server's credentials at the issuer. */
  readonly client: ClientCredentials;
  /** The endpoint: https, or http on a loopback host. Default: the `introspection_endpoint` of the issuer's metadata. */
  readonly introspection_endpoint?: string | undefined;
  /** The URL of the issuer's metadata, as {@linkcode IssuerRules.metadata_url}. Default: the well-known URLs of its identifier. */
  readonly metadata_url?: string | undefined;
  /**
   * Allows http on any host for `introspection_endpoint` and `metadata_url`. Use it only in a network that you control:
   * an attacker who controls it can read the tokens and this client's secret, and declare any token active. URLs in the
   * metadata must still be https. Default: http only on loopback hosts.
   */
  readonly allowHttp?: true | undefined;
  /**
   * `null`: the issuer reports a token as active to this client only if the token is for this resource. A response then
   * needs no `aud`, but a `token_type`; an `aud` that is present is still checked. Such a verifier must not be shared
   * with another resource. Default: a response without `aud` is rejected.
   */
  readonly audience?: null | undefined;
  /** Maps this issuer's responses, without their `null` members, to standard claims, as {@linkcode IssuerRules.claims}. Default: unchanged, for `protectResource` to apply the `claims` of its `issuers`. */
  readonly claims?: NonNullable<IssuerRules["claims"]> | undefined;
}

/** The members of {@linkcode IntrospectionOptions}. */
export const INTROSPECTION_MEMBERS: OptionShape<
  IntrospectionOptions
>["members"] = {
  // introspection() checks both.
  issuer: anything,
  client: anything,
  token_issuer: aString,
  introspection_endpoint: aString,
  metadata_url: aString,
  allowHttp: anything,
  audience: mustBe(
    (value) => value === null,
    'write it in the issuer\'s rules, issuers["https://…"].audience',
  ),
  claims: aFunction,
};

/** The response for an active token. */
export interface Introspected {
  /** The token's claims, frozen, without members that are `null`. */
  readonly claims: AccessTokenClaims;
  /** The length of the response in characters. */
  readonly length: number;
}

/** One issuer's introspection endpoint. */
export interface Introspection {
  /**
   * Its URL.
   *
   * @throws {AuthorizationServerError} If the issuer's metadata cannot be read, or does not name a trusted one.
   */
  url(context?: RequestContext): Promise<string>;
  /**
   * Introspects a token. Without `exp` in the response, the token expires `lifeSeconds` from now.
   *
   * @throws {AccessTokenError} If it is not active, names another issuer, or is not a bearer access token.
   * @throws {AuthorizationServerError} If the endpoint fails.
   */
  ask(token: string, url: string, lifeSeconds: number): Promise<Introspected>;
}

/**
 * An issuer's introspection endpoint.
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function introspection(
  options: IntrospectionOptions,
  platform: ResolvedRuntime,
): Introspection {
  const { issuer, client, introspection_endpoint, metadata_url } = options;
  checkIdentifier(issuer, "issuer");
  checkConfiguredUrls(
    { introspection_endpoint, metadata_url },
    options.allowHttp,
  );
  const authenticate = clientAuthentication(client, issuer, platform);
  return {
    url: async (context) =>
      introspection_endpoint ??
        await endpointOf(
          { issuer, metadata_url },
          "introspection_endpoint",
          platform,
          context,
        ),
    async ask(token, url, lifeSeconds): Promise<Introspected> {
      const exp = Math.ceil(platform.now() / 1000) + lifeSeconds;
      const { headers, params } = await authenticate();
      const form = {
        headers,
        params: { token, token_type_hint: "access_token", ...params },
      };
      const advice = (status: number): string => adviceOn(status, client);
      const { value, length } = await postForm(url, form, platform, advice);
      if (typeof value.active !== "boolean") {
        throw new AuthorizationServerError(
          `Cannot use the response of ${url}: its active is neither true nor false`,
        );
      }
      if (!value.active) throw new AccessTokenError("inactive_token");
      return { claims: claimsOf(value, exp, options), length };
    },
  };
}

/** What to change where the endpoint does not answer. */
function adviceOn(status: number, client: ClientCredentials): string {
  if (status === 401 || status === 403) {
    return `: it refused this client, check ${Object.keys(client).join(", ")}`;
  }
  if (status === 429) return ": it is asked too often, check cacheSeconds";
  return status === 404 || status === 405 || status >= 300 && status < 400
    ? ": check introspection_endpoint"
    : "";
}

function claimsOf(
  answer: JsonObject,
  exp: number,
  options: IntrospectionOptions,
): AccessTokenClaims {
  const { issuer, audience, claims: mapClaims } = options;
  const iss = options.token_issuer ?? issuer;
  const given = withoutNulls(answer);
  const read: AccessTokenClaims = mapClaims
    ? mappedClaims(mapClaims, given)
    : given;
  const claims: AccessTokenClaims = {
    ...read,
    iss: read.iss ?? iss,
    exp: read.exp ?? exp,
  };
  if (claims.iss !== iss) {
    throw new AccessTokenError("untrusted_issuer", {
      expected: [iss],
      received: claims.iss,
    });
  }
  // Also by what the function left out.
  checkType({ ...given, ...claims });
  const isBound = audience === null && hasNoAudience(claims);
  // A server that leaves both out may be speaking of a refresh token (oidc-provider does so).
  if (isBound && claims.token_type === undefined) {
    throw new AccessTokenError("missing_claim", { expected: ["token_type"] });
  }
  return deepFreeze(withFindings(claims, {
    ...(isBound && { audience: "this resource" }),
    ...((read.exp ?? undefined) === undefined && { exp }),
    ...(mapClaims && { claims: "mapped" }),
  }));
}

/** Removes `null` members: some servers send `null` for every claim that a token lacks. */
function withoutNulls(answer: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(answer).filter(([, value]) => value !== null),
  );
}

/**
 * Rejects an active token if the response shows that it is not an access token. The values of `token_type` are RFC 6749's
 * and, from IdentityServer, `access_token`; `token_use` comes from Ory. A token of the type DPoP has to say to which key it
 * is bound ({@link https://www.rfc-editor.org/rfc/rfc9449#section-6.2 | RFC 9449 §6.2}), or it would be taken for a bearer token.
 */
function checkType(claims: AccessTokenClaims): void {
  const { token_type = "bearer", token_use = "access_token", cnf } = claims;
  if (
    !isWord(token_type, /^(?:bearer|access_token)$/i) &&
    !(isWord(token_type, /^dpop$/i) && cnf !== undefined)
  ) {
    throw wrongType("token_type", ["Bearer"], token_type);
  }
  if (!isWord(token_use, /^access(?:_token)?$/)) {
    throw wrongType("token_use", ["access", "access_token"], token_use);
  }
  if (isOtherToken(claims)) throw wrongType("typ", ["Bearer"], claims.typ);
}

function wrongType(
  claim: string,
  expected: readonly string[],
  received: unknown,
): AccessTokenError {
  const named = (value: string): string => `${claim} ${value}`;
  return new AccessTokenError("wrong_type", {
    expected: expected.map(named),
    received: printableList(received).map(named),
  });
}

function isWord(value: unknown, pattern: RegExp): boolean {
  return typeof value === "string" && pattern.test(value);
}
