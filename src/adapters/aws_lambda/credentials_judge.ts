/**
 * The part of the way of a request that an authorizer can go: from the credentials to the scopes that all requests
 * need.
 *
 * @module
 */

import { accessTokenJudge } from "../../access_token.ts";
import { readBearerToken } from "../../credentials.ts";
import { accepted, refused } from "../../decisions.ts";
import { AccessTokenError, AuthorizationServerError } from "../../errors.ts";
import { jwtVerifierWith } from "../../jwt_verifier.ts";
import { checkMetadata, protectedResourceMetadataUrl } from "../../metadata.ts";
import { resolvePlatform } from "../../platform.ts";
import { refuse } from "../../refusals.ts";
import { scopeRules } from "../../scopes.ts";
import type { RequestPlatform } from "../../types.ts";
import type { LambdaAuthorizerOptions } from "./authorizer.ts";
import { fieldsOf, requestOf } from "./events.ts";
import type { Verdict } from "./verdicts.ts";

/**
 * A judge of the credentials in authorizers' events.
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function credentialsJudge(
  options: Omit<LambdaAuthorizerOptions, "refusals" | "answer">,
): (event: unknown, platform: RequestPlatform) => Promise<Verdict> {
  const { metadata, issuers = {}, onDecision, tokenCacheBytes } = options;
  checkMetadata(metadata);
  const { resource, authorization_servers } = metadata;
  const platform = resolvePlatform(options.platform);
  const clock = {
    clockToleranceSeconds: options.clockToleranceSeconds ?? 30,
    now: platform.now,
  };
  const tokens = accessTokenJudge({
    resource,
    issuers: authorization_servers,
    rules: issuers,
    ...clock,
  });
  const verify = options.verifyAccessToken ?? jwtVerifierWith(
    {
      authorization_servers,
      issuers,
      platform,
      ...(tokenCacheBytes !== undefined && { tokenCacheBytes }),
    },
    tokens.check,
  );
  const scopes = scopeRules(options.scopes, clock);
  const params = {
    resourceMetadata: protectedResourceMetadataUrl(resource),
    scope: scopes.initial,
  };

  return async (event, requestPlatform) => {
    let token: string | undefined;
    try {
      token = readToken(event);
      const claims = await verify(token, requestPlatform);
      const authInfo = tokens.accept(token, claims);
      scopes.check(authInfo, []);
      onDecision?.(accepted(authInfo, []));
      return { outcome: "accepted", token, authInfo };
    } catch (error) {
      const read = token === undefined ? {} : { token };
      if (error instanceof AuthorizationServerError) {
        onDecision?.(refused(error, 503));
        return { outcome: "unavailable", ...read, error };
      }
      if (!(error instanceof AccessTokenError)) throw error;
      const { status, headers } = refuse(error, params);
      onDecision?.(refused(error, status));
      const challenge = headers.get("www-authenticate") ?? "";
      return { outcome: "refused", ...read, error, challenge };
    }
  };
}

function readToken(event: unknown): string {
  const { type, authorizationToken } = fieldsOf(event);
  let request: Request;
  try {
    request = type === "TOKEN"
      ? new Request("https://localhost", {
        headers: { authorization: `${authorizationToken}` },
      })
      : requestOf(event);
  } catch (cause) {
    throw new AccessTokenError("malformed_token", { cause });
  }
  return readBearerToken(request);
}
