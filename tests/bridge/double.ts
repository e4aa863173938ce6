/**
 * An OpenID provider in memory, which does what its documentation says unless a test makes it do otherwise: codes and
 * refresh tokens are used once, PKCE and the application's secret are checked.
 *
 * @module
 */

import { exportJWK, generateKeyPair, SignJWT } from "jose";

export const PROVIDER = "https://id.example";
export const CLIENT_ID = "notes-bridge";
export const CLIENT_SECRET = "the application's secret";

const { privateKey, publicKey } = await generateKeyPair("ES256");
const { privateKey: strangersKey } = await generateKeyPair("ES256");
const JWKS = {
  keys: [{ ...await exportJWK(publicKey), kid: "1", alg: "ES256" }],
};

/** How an ID token or an answer is made false. */
export interface Lies {
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Signs with a key that is not published. */
  readonly strangersKey?: true;
  /** Members of the token endpoint's answer in place of the true ones. */
  readonly tokens?: Readonly<Record<string, unknown>>;
  /** Members of the metadata. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The provider. */
export interface ProviderDouble {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** What was asked of it: `POST /token`, … */
  readonly requests: string[];
  /** What it answers in place of its own answer, by path. */
  readonly outages: Map<string, () => Response | Promise<Response>>;
  lies: Lies;
  /** Who signs in next. */
  user: string;
  /** What it adds to its tokens: `expires_in`, or no refresh token at all. */
  expiresIn: number | undefined;
  refreshes: boolean;
  rotates: boolean;
  /** Refresh tokens and access tokens that are good. */
  readonly live: Set<string>;
  /** A person signs in: where the provider sends the browser back to. */
  signIn(authorizationUrl: string, parameters?: Record<string, string>): string;
}

/** Makes a provider. */
export function providerDouble(now: () => number): ProviderDouble {
  const codes = new Map<string, URLSearchParams & { user?: string }>();
  const users = new Map<string, string>();
  const live = new Set<string>();
  let count = 0;

  const double: ProviderDouble = {
    requests: [],
    outages: new Map(),
    lies: {},
    user: "ada",
    expiresIn: 3600,
    refreshes: true,
    rotates: true,
    live,
    async fetch(url, init): Promise<Response> {
      const { origin, pathname } = new URL(url);
      if (origin !== PROVIDER) return new Response(null, { status: 404 });
      double.requests.push(`${init.method ?? "GET"} ${pathname}`);
      const outage = double.outages.get(pathname) ?? double.outages.get("*");
      if (outage !== undefined) return await outage();
      switch (pathname) {
        case "/.well-known/openid-configuration":
          return Response.json({
            issuer: PROVIDER,
            authorization_endpoint: `${PROVIDER}/authorize`,
            token_endpoint: `${PROVIDER}/token`,
            userinfo_endpoint: `${PROVIDER}/userinfo`,
            revocation_endpoint: `${PROVIDER}/revoke`,
            jwks_uri: `${PROVIDER}/jwks`,
            scopes_supported: ["openid", "offline_access"],
            id_token_signing_alg_values_supported: ["ES256"],
            authorization_response_iss_parameter_supported: true,
            ...double.lies.metadata,
          });
        case "/jwks":
          return Response.json(JWKS);
        case "/token":
          return await token(new URLSearchParams(`${init.body}`), init);
        case "/userinfo": {
          const bearer = header(init, "authorization").slice(7);
          return live.has(bearer)
            ? Response.json({ sub: users.get(bearer) })
            : new Response(null, {
              status: 401,
              headers: { "www-authenticate": 'Bearer error="invalid_token"' },
            });
        }
        case "/revoke":
          live.delete(new URLSearchParams(`${init.body}`).get("token") ?? "");
          return new Response(null, { status: 200 });
        default:
          return new Response(null, { status: 404 });
      }
    },
    signIn(authorizationUrl, parameters = {}): string {
      const { searchParams } = new URL(authorizationUrl);
      const code = `code-${++count}`;
      codes.set(code, Object.assign(searchParams, { user: double.user }));
      const query = new URLSearchParams({
        code,
        state: searchParams.get("state") ?? "",
        iss: PROVIDER,
        ...parameters,
      });
      return `${searchParams.get("redirect_uri")}?${query}`;
    },
  };

  async function token(
    form: URLSearchParams,
    init: RequestInit,
  ): Promise<Response> {
    const credentials = `Basic ${
      btoa(`${CLIENT_ID}:${encodeURIComponent(CLIENT_SECRET)}`)
    }`;
    const sent = header(init, "authorization")
      .replace(/^Basic (.*)$/, (_, it) => `Basic ${btoa(decode(atob(it)))}`);
    if (sent !== `Basic ${btoa(decode(atob(credentials.slice(6))))}`) {
      return error("invalid_client", 401);
    }
    if (form.get("grant_type") === "authorization_code") {
      const code = form.get("code") ?? "";
      const asked = codes.get(code);
      // Looked at and deleted in one step.
      codes.delete(code);
      const challenge = asked?.get("code_challenge");
      if (
        asked === undefined ||
        asked.get("redirect_uri") !== form.get("redirect_uri") ||
        await s256(form.get("code_verifier") ?? "") !== challenge
      ) return error("invalid_grant");
      return await grant(asked.user ?? "", asked.get("nonce"));
    }
    const old = form.get("refresh_token") ?? "";
    if (!live.has(old)) return error("invalid_grant");
    if (double.rotates) live.delete(old);
    return await grant(
      users.get(old) ?? "",
      null,
      double.rotates ? undefined : old,
    );
  }

  async function grant(
    user: string,
    nonce: string | null,
    keep?: string,
  ): Promise<Response> {
    const access_token = `upstream-access-${++count}`;
    const refresh_token = keep ?? `upstream-refresh-${count}`;
    for (const one of [access_token, refresh_token]) {
      users.set(one, user);
      live.add(one);
    }
    const seconds = Math.floor(now() / 1000);
    const id_token = await new SignJWT({
      iss: PROVIDER,
      sub: user,
      aud: CLIENT_ID,
      iat: seconds,
      exp: seconds + 300,
      ...(nonce !== null && { nonce }),
      ...double.lies.claims,
    }).setProtectedHeader({ alg: "ES256", kid: "1" })
      .sign(double.lies.strangersKey ? strangersKey : privateKey);
    return Response.json({
      access_token,
      token_type: "Bearer",
      ...(double.expiresIn !== undefined && { expires_in: double.expiresIn }),
      ...(double.refreshes && keep === undefined && { refresh_token }),
      id_token,
      ...double.lies.tokens,
    });
  }
  return double;
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function header(init: RequestInit, name: string): string {
  return new Headers(init.headers).get(name) ?? "";
}

function error(code: string, status = 400): Response {
  return Response.json({ error: code }, { status });
}

/** The code challenge of a verifier. */
export async function s256(verifier: string): Promise<string> {
  const bytes = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(verifier),
  );
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
