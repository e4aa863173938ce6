/**
 * What is measured: an issuer, its tokens, an MCP server's answer, and the guard before it.
 *
 * @module
 */
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import {
  type Handler,
  type ProtectedResourceMetadata,
  type ProtectedResourceOptions,
  protectResource,
  type Runtime,
} from "../../mod.ts";

export const ISSUER = "https://auth.example.com";
export const RESOURCE = "https://notes.example.com/mcp";
export const METADATA_URL =
  "https://notes.example.com/.well-known/oauth-protected-resource/mcp";
export const ALG = "ES256";
export const METADATA: ProtectedResourceMetadata = {
  resource: RESOURCE,
  authorization_servers: [ISSUER],
  scopes_supported: ["notes:read", "notes:write"],
};

const { privateKey, publicKey: generated } = await generateKeyPair(ALG);
/** The issuer's key. */
export const publicKey: CryptoKey = generated;
/** As the issuer publishes it. */
export const jwk: JWK = {
  ...await exportJWK(publicKey),
  kid: "key-1",
  alg: ALG,
  use: "sig",
};

/** A network in which every issuer publishes that key. */
export const platform: Runtime = {
  fetch(url): Promise<Response> {
    const { origin, pathname } = new URL(url);
    return Promise.resolve(Response.json(
      pathname === "/jwks"
        ? { keys: [jwk] }
        : { issuer: origin, jwks_uri: `${origin}/jwks` },
    ));
  },
};

/** A token as identity providers write them, of some 640 characters. */
export function sign(claims: object = {}): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: ISSUER,
    aud: RESOURCE,
    sub: "00u1a2b3c4d5e6f7g8h9",
    client_id: "0oa9z8y7x6w5v4u3t2s1",
    scope: "notes:read notes:write offline_access",
    jti: crypto.randomUUID(),
    sid: crypto.randomUUID(),
    name: "Ada Lovelace",
    email: "ada@example.com",
    iat: seconds,
    exp: seconds + 36_000,
    ...claims,
  }).setProtectedHeader({ alg: ALG, kid: "key-1", typ: "JWT" })
    .sign(privateKey);
}

/** Several tokens that differ. */
export function signMany(count: number, claims?: object): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => sign(claims)));
}

/** A list, one after the other, for ever. */
export function inTurn<T>(items: readonly T[]): () => T {
  let i = 0;
  return () => items[i++ % items.length]!;
}

/** A token that was signed by somebody else. */
export function forged(token: string): string {
  const end = token.length - 20;
  const other = token[end] === "A" ? "B" : "A";
  return token.slice(0, end) + other + token.slice(end + 1);
}

/** A request, with the token as a string of its own, as the field of a request is. */
export function requestWith(token?: string): Request {
  return new Request(RESOURCE, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2025-11-25",
      ...(token !== undefined &&
        { authorization: `Bearer ${` ${token}`.slice(1)}` }),
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  });
}

/** What stands behind the guard. */
export function answer(): Response {
  return new Response('{"jsonrpc":"2.0","id":1,"result":{}}', {
    headers: { "content-type": "application/json" },
  });
}

/** The guard before it. */
export function guard(
  options: Partial<ProtectedResourceOptions> = {},
): Handler {
  return protectResource(answer, { metadata: METADATA, platform, ...options });
}
