/**
 * What is used of oauth4webapi, which takes nothing that the RFCs do not say.
 *
 * @module
 */

import { peer } from "./peers.ts";

/** The package. */
export interface OAuth {
  readonly allowInsecureRequests: symbol;
  readonly customFetch: symbol;
  readonly WWWAuthenticateChallengeError: new () => ChallengeError;
  resourceDiscoveryRequest(resource: URL, options: Options): Promise<Response>;
  processResourceDiscoveryResponse(
    resource: URL,
    response: Response,
  ): Promise<Metadata>;
  discoveryRequest(issuer: URL, options: Options): Promise<Response>;
  processDiscoveryResponse(issuer: URL, response: Response): Promise<Metadata>;
  dynamicClientRegistrationRequest(
    as: Metadata,
    metadata: Metadata,
    options: Options,
  ): Promise<Response>;
  processDynamicClientRegistrationResponse(
    response: Response,
  ): Promise<Metadata>;
  generateRandomCodeVerifier(): string;
  calculatePKCECodeChallenge(verifier: string): Promise<string>;
  generateRandomState(): string;
  validateAuthResponse(
    as: Metadata,
    client: Metadata,
    answer: URLSearchParams,
    state: string,
  ): URLSearchParams;
  None(): unknown;
  authorizationCodeGrantRequest(
    as: Metadata,
    client: Metadata,
    authentication: unknown,
    callback: URLSearchParams,
    redirectUri: string,
    verifier: string,
    options: Options,
  ): Promise<Response>;
  processAuthorizationCodeResponse(
    as: Metadata,
    client: Metadata,
    response: Response,
  ): Promise<Tokens>;
  protectedResourceRequest(
    token: string,
    method: string,
    url: URL,
    headers: Headers,
    body: string,
    options: Options,
  ): Promise<Response>;
  validateJwtAccessToken(
    as: Metadata,
    request: Request,
    audience: string,
    options: Options,
  ): Promise<Metadata>;
}

/** What its functions can be told. */
export type Options = Readonly<Record<PropertyKey, unknown>>;

/** A document of JSON. */
export type Metadata = Readonly<Record<string, unknown>>;

/** What a login brings. */
export interface Tokens {
  readonly access_token: string;
  readonly id_token?: string;
}

/** What is thrown where an answer has a challenge. */
export interface ChallengeError extends Error {
  readonly status: number;
  readonly cause: readonly {
    readonly scheme: string;
    readonly parameters: Readonly<Record<string, string>>;
  }[];
}

export const oauth: OAuth = await peer<OAuth>("oauth4webapi");

/** http, as loopback has it. */
export const INSECURE: Options = { [oauth.allowInsecureRequests]: true };
