/**
 * The verdict of an authorizer as strings, since every kind of API passes strings on to the function. The gateway
 * writes them into a part of the event that no client can set.
 *
 * @module
 */

import {
  AccessTokenError,
  AuthorizationServerError,
  isAccessTokenErrorReason,
} from "../../errors.ts";
import { findingsIn, withFindings } from "../../tokens/findings.ts";
import { deepFreeze } from "../../tokens/jwt.ts";
import type { AccessTokenClaims, AuthInfo } from "../../types.ts";
import { printable } from "../../runtime/printable.ts";
import { sha256Hex } from "../../runtime/sha256.ts";
import type { JsonObject } from "../../http/body.ts";

/**
 * The context that an authorizer returns to the gateway. All members are strings: `outcome` (`accepted`, `refused` or
 * `unavailable`) and, if they are known,
 *
 * - of every token: `token_sha256`
 * - of an accepted one: `token_claims`, `token_findings`, `iss`, `sub`, `client_id` and `scope`
 * - of a rejected one: `reason`, `challenge`, `scope`, `missing_scope`, `acr_values` and `max_age`
 * - if the issuer is unavailable: `retry_after` in seconds
 */
export type AuthorizerContext = Readonly<Record<string, string>>;

/** The verdict on a request's credentials. */
export type Verdict =
  & {
    /** The token, if one could be read. */
    readonly token?: string;
  }
  & (
    | { readonly outcome: "accepted"; readonly authInfo: AuthInfo }
    | {
      readonly outcome: "refused";
      readonly error: AccessTokenError;
      readonly challenge: string;
    }
    | {
      readonly outcome: "unavailable";
      readonly error: AuthorizationServerError;
    }
  );

/** Writes a verdict as a context. */
export async function contextOf(verdict: Verdict): Promise<AuthorizerContext> {
  const { outcome, token } = verdict;
  const members = {
    outcome,
    ...(token !== undefined && { token_sha256: await sha256Hex(token) }),
    ...membersOf(verdict),
  };
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) =>
      typeof value === "string" && value !== "" ? [[name, value]] : []
    ),
  );
}

function membersOf(verdict: Verdict): JsonObject {
  switch (verdict.outcome) {
    case "accepted": {
      const { clientId, scopes, extra } = verdict.authInfo;
      const claims = extra?.claims as AccessTokenClaims;
      const findings = findingsIn(claims);
      return {
        token_claims: JSON.stringify(claims),
        ...(Object.keys(findings).length > 0 && {
          token_findings: JSON.stringify(findings),
        }),
        iss: extra?.iss,
        sub: extra?.sub,
        client_id: clientId,
        scope: scopes.join(" "),
      };
    }
    case "refused":
      return {
        reason: verdict.error.reason,
        challenge: verdict.challenge,
        scope: verdict.error.scope?.join(" "),
        missing_scope: verdict.error.missing?.join(" "),
        acr_values: verdict.error.acr_values?.join(" "),
        ...(verdict.error.max_age !== undefined && {
          max_age: `${verdict.error.max_age}`,
        }),
      };
    case "unavailable":
      return { retry_after: `${verdict.error.retryAfterSeconds}` };
  }
}

/**
 * Reads the claims of an accepted token, or throws the error that another verdict stands for.
 *
 * @throws {AccessTokenError} If the token was rejected.
 * @throws {AuthorizationServerError} If the issuer was unavailable.
 * @throws {TypeError} If the verdict is not about this token, or cannot be read.
 */
export async function claimsIn(
  context: JsonObject,
  token: string,
): Promise<AccessTokenClaims> {
  const { outcome, reason, scope, missing_scope, retry_after } = context;
  const { acr_values, max_age } = context;
  if (context.token_sha256 !== await sha256Hex(token)) {
    throw new TypeError(
      "Cannot find the authorizer's verdict on this token in the event: attach lambdaAuthorizer() to the route, with Authorization as its only identity source or none",
    );
  }
  if (outcome === "accepted") {
    const claims: AccessTokenClaims = JSON.parse(`${context.token_claims}`);
    const { token_findings: findings = "{}" } = context;
    return deepFreeze(withFindings(claims, JSON.parse(`${findings}`)));
  }
  if (outcome === "unavailable") {
    throw new AuthorizationServerError(
      "Cannot verify access token: the authorizer could not reach the issuer",
      { retryAfterSeconds: Number(retry_after) },
    );
  }
  if (outcome !== "refused" || !isAccessTokenErrorReason(reason)) {
    throw new TypeError(
      `Cannot read the authorizer's verdict ${printable(`${outcome}`)}`,
    );
  }
  throw new AccessTokenError(reason, {
    ...(typeof scope === "string" && { scope: scope.split(" ") }),
    ...(typeof missing_scope === "string" && {
      missing: missing_scope.split(" "),
    }),
    ...(typeof acr_values === "string" && {
      acr_values: acr_values.split(" "),
    }),
    ...(typeof max_age === "string" && { max_age: Number(max_age) }),
  });
}
