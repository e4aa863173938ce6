/**
 * Whether an authentic token is for this resource and valid now: its issuer, audience, times and binding, whichever
 * verifier it passed ({@link https://www.rfc-editor.org/rfc/rfc9068#section-4 | RFC 9068 §4}).
 * Not implemented: tokens bound to a certificate (RFC 8705). They are rejected, and so are tokens bound to a key (DPoP,
 * RFC 9449) by a server that does not verify proofs, since accepting them as plain bearer tokens would undo their binding.
 *
 * @module
 */

import { membersOf } from "../http/body.ts";
import { callerOf } from "./caller.ts";
import { AccessTokenError } from "../errors.ts";
import { isBoundToResource, isOpenEnded } from "./findings.ts";
import { canonicalIdentifier } from "../runtime/identifiers.ts";
import { memoizeLast } from "../runtime/memoize.ts";
import { issuersByToken } from "./token_issuers.ts";
import type { AccessTokenClaims, AuthInfo, IssuerRules } from "../types.ts";

/** The rules for access tokens. */
export interface AccessTokenRules {
  /** The resource, which is the audience of every issuer without an `audience` in its rules. */
  readonly resource: string;
  /** The trusted issuers. */
  readonly issuers: readonly string[];
  /** Rules for some of them. */
  readonly rules: Readonly<Record<string, IssuerRules>>;
  /** Whether the binding of tokens is checked elsewhere. Default: a token with a binding is rejected here. */
  readonly checksBinding?: boolean;
  /** How far the issuer's clock may differ from this one, in seconds. */
  readonly clockToleranceSeconds: number;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/** Checks claims by these rules. */
export interface AccessTokenJudge {
  /**
   * Rejects claims that are not for this resource, or not valid now.
   *
   * @throws {AccessTokenError} With the first reason found.
   */
  check(claims: AccessTokenClaims): void;
  /**
   * The caller that the claims describe.
   *
   * @throws {AccessTokenError} As {@linkcode AccessTokenJudge.check}.
   */
  accept(token: string, claims: AccessTokenClaims): AuthInfo;
  /** When accepted claims expire, in milliseconds since 1970. Infinity if their issuer does not say. */
  endOf(claims: AccessTokenClaims): number;
}

/**
 * The checks of access tokens for one resource.
 *
 * @throws {TypeError} If there are rules for an issuer that is not trusted, or two issuers write the same `iss`.
 */
export function accessTokenJudge(rules: AccessTokenRules): AccessTokenJudge {
  const { resource, clockToleranceSeconds } = rules;
  const byToken = issuersByToken(rules.issuers, rules.rules);
  const audiences = new Map([...byToken].map(([name, issuer]) => {
    const expected = [rules.rules[issuer]?.audience ?? resource].flat();
    const accepted = new Set(expected.map(canonicalIdentifier));
    return [name, { expected, accepted }];
  }));

  function check(claims: AccessTokenClaims): void {
    const { iss, aud, exp, nbf, iat, cnf } = claims;
    const isBound = isBoundToResource(claims);
    const missing = iss === undefined
      ? "iss"
      : exp === undefined
      ? "exp"
      : aud === undefined && !isBound
      ? "aud"
      : undefined;
    if (missing !== undefined) {
      throw new AccessTokenError("missing_claim", { expected: [missing] });
    }
    const audience = typeof iss === "string" ? audiences.get(iss) : undefined;
    if (audience === undefined) {
      throw new AccessTokenError("untrusted_issuer", {
        expected: [...byToken.keys()],
        received: iss,
      });
    }
    if (!isBound && !isAudience(aud, audience.accepted)) {
      const { expected } = audience;
      throw new AccessTokenError("wrong_audience", { expected, received: aud });
    }
    const seconds = rules.now() / 1000;
    if (!isTime(exp) || exp + clockToleranceSeconds <= seconds) {
      throw new AccessTokenError("expired", {
        expected: [`exp after ${Math.floor(seconds - clockToleranceSeconds)}`],
        received: exp,
      });
    }
    const latest = seconds + clockToleranceSeconds;
    checkPast("nbf", nbf, latest);
    checkPast("iat", iat, latest);
    if (cnf !== undefined && !rules.checksBinding) {
      throw new AccessTokenError("unsupported_confirmation", {
        expected: ["no cnf"],
        received: Object.keys(membersOf(cnf)),
      });
    }
  }

  return {
    check,
    accept(token, claims): AuthInfo {
      check(claims);
      const { clientId, scopes, extra } = callerOf(claims);
      const expiresAt = claims.exp as number;
      return {
        token,
        clientId,
        scopes: [...scopes],
        expiresAt,
        // A URL is mutable, so each caller gets one.
        resource: new URL(resource),
        extra,
      };
    },
    endOf(claims): number {
      const expiresAt = isOpenEnded(claims) ? Infinity : claims.exp as number;
      return (expiresAt + clockToleranceSeconds) * 1000;
    },
  };
}

/** Whether the `typ` claim, as Keycloak writes it, says that the token is not an access token. */
export function isOtherToken({ typ }: AccessTokenClaims): boolean {
  return typeof typ === "string" &&
    /^(?:id|refresh|offline|logout)$/i.test(typ);
}

const canonical = memoizeLast(canonicalIdentifier);

function isAudience(aud: unknown, accepted: ReadonlySet<string>): boolean {
  if (Array.isArray(aud)) {
    return aud.some((value) =>
      !Array.isArray(value) && isAudience(value, accepted)
    );
  }
  return typeof aud === "string" &&
    (accepted.has(aud) || accepted.has(canonical(aud)));
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}

/** Rejects a time that is later than `latest`. A missing claim is accepted. */
function checkPast(name: string, value: unknown, latest: number): void {
  if (value === undefined || isTime(value) && value <= latest) return;
  throw new AccessTokenError("not_yet_valid", {
    expected: [`${name} until ${Math.floor(latest)}`],
    received: value,
  });
}
