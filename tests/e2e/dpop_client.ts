/**
 * A client with a key, made of oauth4webapi: it registers, logs in for bound tokens and calls a resource with proofs.
 *
 * @module
 */
import * as oauth from "oauth4webapi";

const INSECURE = { [oauth.allowInsecureRequests]: true };
const REDIRECT_URI = "http://127.0.0.1:33418/callback";

/** Sends a request, such as `fetch`. */
export type Send = (url: string, init: RequestInit) => Promise<Response>;

/** A client that has logged in. */
export interface BoundClient {
  /** A token that is bound to its key. */
  readonly token: string;
  /** What the last request to the resource was sent with. */
  sent(): RequestInit;
  /**
   * Sends a message with a new proof, and once more with the server's nonce where the server asks for one.
   *
   * @throws {oauth.WWWAuthenticateChallengeError} If the answer has another challenge.
   */
  post(
    message: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
}

/** How a client logs in, and how it reaches the resource. */
export interface LogIn {
  /** Carries the requests to the resource. Default: `fetch`. */
  readonly send?: Send;
  /** Registers a client. Default: as RFC 7591 says. */
  readonly register?: (as: oauth.AuthorizationServer) => Promise<oauth.Client>;
  /** Signs a user in, and resolves to the URL that the client is called back with. Default: nobody has to sign in. */
  readonly browse?: (url: URL) => Promise<URL>;
}

/** Discovers, registers and logs in. */
export async function logInBound(
  resource: string,
  {
    send = (url, init) => fetch(url, init),
    register = registered,
    browse = followRedirect,
  }: LogIn = {},
): Promise<BoundClient> {
  const url = new URL(resource);
  const metadata = await oauth.processResourceDiscoveryResponse(
    url,
    await oauth.resourceDiscoveryRequest(url, INSECURE),
  );
  const issuer = new URL(metadata.authorization_servers![0]!);
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { ...INSECURE, algorithm: "oauth2" }),
  );
  const client = await register(as);
  const proofs = oauth.DPoP(
    client as oauth.Client,
    await oauth.generateKeyPair("ES256"),
  );
  const token = await tokenOf(as, client, proofs, resource, browse);
  let last: RequestInit = {};

  return {
    token,
    sent: () => last,
    post: (message, headers = {}) =>
      withNonce(() =>
        oauth.protectedResourceRequest(
          token,
          "POST",
          url,
          new Headers({
            accept: "application/json, text/event-stream",
            "content-type": "application/json",
            ...headers,
          }),
          JSON.stringify(message),
          {
            ...INSECURE,
            DPoP: proofs,
            [oauth.customFetch]: (url, init) => {
              last = init as RequestInit;
              return send(url, last);
            },
          },
        )
      ),
  };
}

/** What the client says of itself. */
export const METADATA: Record<string, string | string[]> = {
  application_type: "native",
  client_name: "Gatehouse's tests",
  redirect_uris: [REDIRECT_URI],
  token_endpoint_auth_method: "none",
};

async function registered(
  as: oauth.AuthorizationServer,
): Promise<oauth.Client> {
  const { client_id } = await oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(as, METADATA, INSECURE),
  );
  return { client_id };
}

async function tokenOf(
  as: oauth.AuthorizationServer,
  client: oauth.Client,
  proofs: oauth.DPoPHandle,
  resource: string,
  browse: NonNullable<LogIn["browse"]>,
): Promise<string> {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint!);
  url.search = `${new URLSearchParams({
    client_id: client.client_id,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    redirect_uri: REDIRECT_URI,
    resource,
    response_type: "code",
    scope: "notes:read",
    state,
  })}`;
  const answer = (await browse(url)).searchParams;
  const callback = oauth.validateAuthResponse(as, client, answer, state);
  const tokens = await withNonce(async () =>
    await oauth.processAuthorizationCodeResponse(
      as,
      client,
      await oauth.authorizationCodeGrantRequest(
        as,
        client,
        oauth.None(),
        callback,
        REDIRECT_URI,
        verifier,
        { ...INSECURE, DPoP: proofs, additionalParameters: { resource } },
      ),
    )
  );
  if (tokens.token_type !== "dpop") {
    throw new Error(`The token is not bound: ${tokens.token_type}`);
  }
  return tokens.access_token;
}

async function followRedirect(url: URL): Promise<URL> {
  const { headers } = await fetch(url, { redirect: "manual" });
  return new URL(headers.get("location") ?? "");
}

/** Asks again where the first answer was that a nonce is needed. */
async function withNonce<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return await ask();
  }
}
