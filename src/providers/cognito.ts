/**
 * Amazon Cognito.
 *
 * @module
 */

import {
  anything,
  aString,
  checkOptions,
  oneOf,
  type OptionShape,
} from "../runtime/option_checks.ts";
import { checkIdentifier } from "../runtime/identifiers.ts";
import type { AccessTokenClaims } from "../types.ts";
import { type Provider, provider, refusal, text } from "./provider.ts";

/** A Cognito user pool, and how to recognize its tokens for this resource. */
export interface CognitoOptions {
  /** The user pool's ID, such as `eu-central-1_AbCdEf123`. Its region is a part of it. */
  readonly userPoolId: string;
  /** The resource. Clients bind tokens to it by the parameter `resource`. */
  readonly resource: string;
  /**
   * The app clients that may call. Their tokens need no `aud`, because Cognito writes none into a token that was not bound
   * to a resource. Tokens of other clients are rejected. Default: every client of the pool, with tokens that are bound to
   * the resource.
   */
  readonly clientIds?: readonly string[] | undefined;
  /**
   * The pool's issuer type ({@link
   * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_IssuerConfigurationType.html |
   * IssuerConfiguration}): which of its two issuers clients are sent to. Tokens of both are accepted. Default: `ORIGINAL`.
   */
  readonly issuerType?: "ORIGINAL" | "UPDATED" | undefined;
}

const SHAPE: OptionShape<CognitoOptions> = {
  members: {
    userPoolId: aString,
    resource: aString,
    clientIds: anything,
    issuerType: oneOf("ORIGINAL", "UPDATED"),
  },
};

const USER_POOL_ID = /^([a-z]{2,}(?:-[a-z]+)+-\d+)_[A-Za-z0-9]+$/;

/**
 * Amazon Cognito. A pool has two issuers, `https://cognito-idp.…` and `https://issuer-cognito-idp.…`: both are trusted.
 * Only access tokens are accepted, by their `token_use`. If one has no `aud`, its `client_id` is checked instead.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function cognito(options: CognitoOptions): Provider {
  checkOptions(options, "", SHAPE);
  const { userPoolId, resource, clientIds, issuerType } = options;
  const region = USER_POOL_ID.exec(text(userPoolId, "userPoolId"))?.[1];
  if (region === undefined) {
    throw new TypeError(
      "Cannot use userPoolId: write it whole, as eu-central-1_AbCdEf123",
    );
  }
  checkIdentifier(text(resource, "resource"), "resource");
  const clients = clientsOf(clientIds);
  const domain = region.startsWith("cn-")
    ? "amazonaws.com.cn"
    : "amazonaws.com";
  const pool = `cognito-idp.${region}.${domain}/${userPoolId}`;
  const issuers = [`https://${pool}`, `https://issuer-${pool}`];
  if (issuerType === "UPDATED") issuers.reverse();
  return provider(issuers, {
    audience: [resource, ...clients ?? []],
    claims(claims): AccessTokenClaims {
      const { token_use, client_id, aud } = claims;
      if (token_use !== "access") {
        throw refusal("wrong_type", "Its token_use is not access", {
          expected: ["access"],
          received: token_use,
        });
      }
      if (clients === undefined) return claims;
      if (!clients.some((id) => id === client_id)) {
        throw refusal("wrong_audience", "It is not one of clientIds", {
          expected: clients,
          received: client_id,
        });
      }
      return aud === undefined ? { ...claims, aud: client_id } : claims;
    },
  });
}

function clientsOf(
  clientIds: readonly string[] | undefined,
): readonly string[] | undefined {
  if (clientIds === undefined) return undefined;
  if (!Array.isArray(clientIds) || clientIds.length === 0) {
    throw new TypeError(
      "Cannot use clientIds: list at least one app client, or leave it out",
    );
  }
  for (const id of clientIds) text(id, "clientIds");
  return [...clientIds];
}
