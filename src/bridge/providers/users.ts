/**
 * Who signed in at a provider: by its ID token, its userinfo endpoint, or a user endpoint of its own.
 *
 * @module
 */

import * as oauth from "oauth4webapi";
import type { JsonObject } from "../../http/body.ts";
import { type boundedFetch, readObject } from "./bounded_fetch.ts";
import { refusal, UpstreamRefusal } from "./outcomes.ts";
import type {
  UpstreamProvider,
  UpstreamUser,
  UserEndpoint,
} from "./provider.ts";

/** The users of a provider. */
export interface Users {
  /** The user of an access token. Throws {@linkcode UpstreamRefusal} if the provider rejects it. */
  of(as: oauth.AuthorizationServer, accessToken: string): Promise<UpstreamUser>;
  /** The user of the ID token in a response, once its signature is verified; `undefined` if there is none. */
  verified(
    as: oauth.AuthorizationServer,
    response: Response,
    tokens: oauth.TokenEndpointResponse,
  ): Promise<UpstreamUser | undefined>;
  /** The user of an access token that has just been issued; `undefined` if the provider does not tell. */
  afterRefresh(
    as: oauth.AuthorizationServer,
    accessToken: string,
  ): Promise<UpstreamUser | undefined>;
}

/** The users of a provider. */
export function usersOf(
  { user }: UpstreamProvider,
  fetch: ReturnType<typeof boundedFetch>,
  client: () => oauth.Client,
  options: oauth.UserInfoRequestOptions & oauth.ValidateSignatureOptions,
): Users {
  async function of(
    as: oauth.AuthorizationServer,
    accessToken: string,
  ): Promise<UpstreamUser> {
    if (user !== undefined) return await userAt(user, fetch, accessToken);
    const response = await oauth.userInfoRequest(
      as,
      client(),
      accessToken,
      options,
    );
    if (response.status === 401) throw refusal("the access token");
    const claims = await oauth.processUserInfoResponse(
      as,
      client(),
      oauth.skipSubjectCheck,
      response,
    );
    return { sub: claims.sub, claims };
  }

  return {
    of,
    async verified(as, response, tokens): Promise<UpstreamUser | undefined> {
      const claims = oauth.getValidatedIdTokenClaims(tokens);
      if (claims === undefined || user !== undefined) return undefined;
      await oauth.validateApplicationLevelSignature(as, response, options);
      return { sub: claims.sub, claims: claims as JsonObject };
    },
    async afterRefresh(as, accessToken): Promise<UpstreamUser | undefined> {
      if (user === undefined && !as.userinfo_endpoint) return undefined;
      try {
        return await of(as, accessToken);
      } catch (error) {
        // The provider has just vouched for the token: if its user endpoint does not know it, it is for another API.
        if (error instanceof UpstreamRefusal) return undefined;
        throw error;
      }
    },
  };
}

async function userAt(
  { url, read }: UserEndpoint,
  fetch: ReturnType<typeof boundedFetch>,
  accessToken: string,
): Promise<UpstreamUser> {
  const response = await fetch(url, {
    headers: {
      accept: "application/json",
      authorization: `Bearer ${accessToken}`,
    },
  });
  if (response.status === 401) throw refusal("the access token");
  const found = read(await readObject(response));
  if (found === undefined) throw refusal("the access token");
  return found;
}
