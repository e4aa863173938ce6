/**
 * What is asked of a provider, and how its answers become one of three: a grant, a refusal, or that it cannot say now.
 *
 * @module
 */

import * as oauth from "oauth4webapi";
import { authorizationServerMetadata } from "../../issuers/metadata.ts";
import type { ResolvedRuntime } from "../../runtime/platform.ts";
import type { RequestContext } from "../../types.ts";
import { authorizationUrl } from "./authorization_url.ts";
import { boundedFetch } from "./bounded_fetch.ts";
import { outcomeOf } from "./outcomes.ts";
import type { UpstreamProvider } from "./provider.ts";
import type { Connection, UpstreamGrant } from "./upstream.ts";
import { usersOf } from "./users.ts";

/** Connects to a provider, whose one callback is `callback`. */
export function connect(
  provider: UpstreamProvider,
  callback: string,
  platform: ResolvedRuntime,
): Connection {
  const { server, client_id, client_secret } = provider;
  const authentication = client_secret === undefined
    ? oauth.None()
    : provider.authentication === "client_secret_post"
    ? oauth.ClientSecretPost(client_secret)
    : oauth.ClientSecretBasic(client_secret);
  const discovered = typeof server === "string"
    ? authorizationServerMetadata(server, platform)
    : undefined;

  async function metadata(
    context: RequestContext | undefined,
  ): Promise<oauth.AuthorizationServer> {
    const published = await discovered?.get(context) ?? server;
    return published as oauth.AuthorizationServer;
  }

  /** Read anew: the clock may be another one than the system's. */
  function client(): oauth.Client {
    const skew = Math.round((platform.now() - Date.now()) / 1000);
    return { client_id, [oauth.clockSkew]: skew };
  }

  const fetch = boundedFetch(platform);
  const options = {
    [oauth.customFetch]: fetch,
    [oauth.allowInsecureRequests]: typeof server === "string" &&
      server.startsWith("http:"),
  };
  const tokenOptions = {
    ...options,
    [oauth.customFetch]: boundedFetch(platform, provider.tokenResponse),
  };

  const users = usersOf(provider, fetch, client, options);

  const guarded = <Args extends readonly unknown[], T>(
    ask: (...args: Args) => Promise<T>,
  ): (...args: Args) => Promise<T> => outcomeOf(provider.name, ask);

  return {
    authorizationUrl: guarded(async (request, context) =>
      await authorizationUrl(
        provider,
        await metadata(context),
        request,
        callback,
      )
    ),
    readCallback: guarded(async (parameters, state, context) => {
      const as = await metadata(context);
      const answer = oauth.validateAuthResponse(
        as,
        client(),
        parameters,
        state,
      );
      const [code, ...others] = answer.getAll("code");
      if (!code || others.length > 0) {
        throw new TypeError("The authorization response has not one code");
      }
      return code;
    }),
    redeem: guarded(async ({ code, verifier, nonce }, context) => {
      const as = await metadata(context);
      // Its `iss` was compared when it came; here it only has to be there for a provider that promises it.
      const parameters = oauth.validateAuthResponse(
        as,
        client(),
        new URLSearchParams({ code, iss: as.issuer }),
        oauth.expectNoState,
      );
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        client(),
        authentication,
        parameters,
        callback,
        verifier,
        tokenOptions,
      );
      const isOpenId = provider.user === undefined;
      const tokens = await oauth.processAuthorizationCodeResponse(
        as,
        client(),
        response,
        isOpenId ? { expectedNonce: nonce, requireIdToken: true } : {},
      );
      const user = await users.verified(as, response, tokens) ??
        await users.of(as, tokens.access_token);
      return { ...grantOf(tokens), user };
    }),
    refresh: guarded(async (refreshToken, context) => {
      const as = await metadata(context);
      const response = await oauth.refreshTokenGrantRequest(
        as,
        client(),
        authentication,
        refreshToken,
        tokenOptions,
      );
      const tokens = await oauth.processRefreshTokenResponse(
        as,
        client(),
        response,
      );
      const user = await users.verified(as, response, tokens) ??
        await users.afterRefresh(as, tokens.access_token);
      return { ...grantOf(tokens), user };
    }),
    prove: guarded(async (accessToken, context) =>
      await users.of(await metadata(context), accessToken)
    ),
    revoke: guarded(async (token, context) => {
      const as = await metadata(context);
      if (provider.revocation !== undefined) {
        const { url, init } = provider.revocation(token);
        const { status } = await fetch(url, init);
        // 404 and 422: there is no such token any more. With a wrong secret or too many requests, there still is.
        if (status >= 400 && status !== 404 && status !== 422) {
          throw new TypeError(`It answers ${status}`);
        }
      } else if (as.revocation_endpoint !== undefined) {
        const response = await oauth.revocationRequest(
          as,
          client(),
          authentication,
          token,
          options,
        );
        await oauth.processRevocationResponse(response);
      }
    }),
  };
}

function grantOf(
  { access_token, refresh_token, expires_in }: oauth.TokenEndpointResponse,
): Omit<UpstreamGrant, "user"> {
  return { access_token, refresh_token, expires_in };
}
