/**
 * A client made of oauth4webapi: it registers, logs in and calls tools, and checks every answer on the way.
 *
 * @module
 */

import { assertInstanceOf } from "@std/assert";
import type { Notes } from "./notes.ts";
import {
  type ChallengeError,
  INSECURE,
  type Metadata,
  oauth,
  type Tokens,
} from "./oauth4webapi.ts";

const REDIRECT_URI = "http://127.0.0.1:33418/callback";

/** What an issuer publishes about itself. */
export async function discover(issuer: string): Promise<Metadata> {
  const url = new URL(issuer);
  const options = { ...INSECURE, algorithm: "oauth2" };
  const response = await oauth.discoveryRequest(url, options);
  return await oauth.processDiscoveryResponse(url, response);
}

/** Registers, logs in for a resource, if one is named, and checks every answer on the way. */
export async function logIn(
  { resource, issuer }: Partial<Notes>,
  scope: string,
  browse: (url: URL) => Promise<URLSearchParams> = followRedirect,
): Promise<Tokens> {
  const as = await discover(issuer ?? "");
  const client = await oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(as, {
      application_type: "native",
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: "none",
    }, INSECURE),
  );
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(`${as.authorization_endpoint}`);
  url.search = `${new URLSearchParams({
    client_id: `${client.client_id}`,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    redirect_uri: REDIRECT_URI,
    ...(resource === undefined ? {} : { resource }),
    response_type: "code",
    scope,
    state,
  })}`;
  const answer = await browse(url);
  const callback = oauth.validateAuthResponse(as, client, answer, state);
  return await oauth.processAuthorizationCodeResponse(
    as,
    client,
    await oauth.authorizationCodeGrantRequest(
      as,
      client,
      oauth.None(),
      callback,
      REDIRECT_URI,
      verifier,
      { ...INSECURE, additionalParameters: resource ? { resource } : {} },
    ),
  );
}

/** Where nobody has to sign in, the answer is all that there is. */
async function followRedirect(url: URL): Promise<URLSearchParams> {
  const { headers } = await fetch(url, { redirect: "manual" });
  return new URL(headers.get("location") ?? "").searchParams;
}

/**
 * Calls a tool.
 *
 * @throws {ChallengeError} If the answer has a challenge.
 */
export function callTool(
  { resource }: Notes,
  token: string | undefined,
  name: string,
  args: unknown = {},
): Promise<Response> {
  return oauth.protectedResourceRequest(
    token ?? "none",
    "POST",
    new URL(resource),
    new Headers({
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
    }),
    JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name, arguments: args },
    }),
    token === undefined
      ? { ...INSECURE, [oauth.customFetch]: fetchWithoutToken }
      : INSECURE,
  );
}

/** The package sends no request for a protected resource without a token. */
function fetchWithoutToken(url: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.delete("authorization");
  return fetch(url, { ...init, headers });
}

/** The challenges of an answer, as the package reads them. */
export async function challengesOf(
  answer: Promise<Response>,
): Promise<Pick<ChallengeError, "status" | "cause">> {
  const error = await answer.then(() => undefined, (error) => error);
  assertInstanceOf(error, oauth.WWWAuthenticateChallengeError);
  return error;
}
