/**
 * How this server shows an authorization server who it is: by a secret
 * ({@link https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 | RFC 6749 §2.3.1}), by a signed assertion
 * ({@link https://www.rfc-editor.org/rfc/rfc7523#section-2.2 | RFC 7523 §2.2}) or by an access token of its own.
 * Not implemented: `client_secret_jwt`, and mutual TLS (RFC 8705).
 *
 * @module
 */

import { AuthorizationServerError } from "./errors.ts";
import { type AlgorithmRules, ALGORITHMS } from "./jwa.ts";
import { signJws } from "./jws.ts";
import type { ResolvedPlatform } from "./platform.ts";

/** What this server is known by at an authorization server. */
export type ClientCredentials = ClientSecret | ClientKey | ClientToken;

/** A client with a secret. */
export interface ClientSecret {
  /** The client's identifier. */
  readonly client_id: string;
  /** Its secret. */
  readonly client_secret: string;
  /** Where the two are sent: in the `Authorization` field, or in the form. Default: `client_secret_basic`. */
  readonly method?: "client_secret_basic" | "client_secret_post";
}

/** A client with a key, whose public half the authorization server knows: `private_key_jwt`. */
export interface ClientKey {
  /** The client's identifier. */
  readonly client_id: string;
  /** Its private key. The algorithm is the key's own; of an RSA key without `alg`, RS256. */
  readonly private_key: CryptoKey | PrivateJsonWebKey;
  /** The key's identifier. Default: the `kid` of a JSON Web Key, or none. */
  readonly kid?: string;
}

/**
 * A private key of {@link https://www.rfc-editor.org/rfc/rfc7518#section-6 | RFC 7518 §6}, as JSON. What
 * `crypto.subtle.exportKey` gives is one.
 */
export interface PrivateJsonWebKey extends
  Readonly<
    Partial<
      Record<
        | ("kty" | "kid" | "alg" | "use" | "crv")
        | ("d" | "x" | "y" | "n" | "e" | "p" | "q" | "dp" | "dq" | "qi"),
        string
      >
    >
  > {
  /** What the key may be used for; not looked at. */
  readonly key_ops?: readonly string[];
  /** Whether it may be exported; not looked at. */
  readonly ext?: boolean;
}

/** An access token that the authorization server issued to this server, such as an API key. */
export interface ClientToken {
  /** The token, sent as it is in the `Authorization` field. */
  readonly access_token: string;
}

/** What a form is sent with. */
export interface ClientAuthentication {
  /** The fields of the request. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The parameters of the form. Default: none. */
  readonly params?: Readonly<Record<string, string>>;
}

/** For how long a signed assertion is good. */
const ASSERTION_SECONDS = 60;

/**
 * Authenticates to one issuer, each form anew.
 *
 * @throws {TypeError} If the credentials are not of one of the kinds. The message has none of them.
 */
export function clientAuthentication(
  client: ClientCredentials,
  issuer: string,
  platform: ResolvedPlatform,
): () => ClientAuthentication | Promise<ClientAuthentication> {
  if (Object(client) !== client) {
    throw new TypeError(
      "Cannot use client: write its client_id and client_secret or private_key, or its access_token",
    );
  }
  if ("access_token" in client) {
    const token = visible(client.access_token, "access_token");
    return () => ({ headers: { authorization: `Bearer ${token}` } });
  }
  const client_id = visible(client.client_id, "client_id");
  if ("private_key" in client) return signed(client, issuer, platform);
  const client_secret = visible(client.client_secret, "client_secret");
  const { method = "client_secret_basic" } = client;
  if (method === "client_secret_post") {
    return () => ({ params: { client_id, client_secret } });
  }
  if (method !== "client_secret_basic") {
    throw new TypeError(
      `Cannot use method ${method}: use client_secret_basic or client_secret_post`,
    );
  }
  const pair = `${formEncode(client_id)}:${formEncode(client_secret)}`;
  return () => ({ headers: { authorization: `Basic ${btoa(pair)}` } });
}

/** RFC 6749 appendix A: what may be in an identifier, a secret or a token. An unset variable is none of them. */
function visible(value: unknown, name: string): string {
  if (typeof value === "string" && /^[ -~]+$/.test(value)) return value;
  throw new TypeError(
    `Cannot use ${name}: write what the authorization server issued`,
  );
}

/** RFC 6749 §2.3.1: the first colon ends the identifier, and a server decodes both. */
function formEncode(value: string): string {
  return `${new URLSearchParams([["", value]])}`.slice(1);
}

function signed(
  { client_id, private_key, kid }: ClientKey,
  issuer: string,
  platform: ResolvedPlatform,
): () => Promise<ClientAuthentication> {
  const alg = algorithmOf(private_key);
  const id = kid ?? (private_key as PrivateJsonWebKey).kid;
  // Without typ: rfc7523bis has one for it, and wants servers to do without; some refuse any but `JWT` (Spring).
  const header = { alg, ...(id !== undefined && { kid: id }) };
  let key: CryptoKey | undefined;
  return async () => {
    const iat = Math.floor(platform.now() / 1000);
    const claims = {
      iss: client_id,
      sub: client_id,
      // rfc7523bis §4: alone and as a string. With an endpoint's URL, a hostile server could have it for another one.
      aud: issuer,
      jti: crypto.randomUUID(),
      iat,
      exp: iat + ASSERTION_SECONDS,
    };
    try {
      key ??= await importKey(private_key, alg);
      const client_assertion = await signJws(header, claims, key);
      const client_assertion_type =
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
      return {
        params: { client_id, client_assertion_type, client_assertion },
      };
    } catch (cause) {
      throw new AuthorizationServerError(
        "Cannot authenticate to the authorization server: check private_key",
        { cause },
      );
    }
  };
}

async function importKey(
  key: CryptoKey | PrivateJsonWebKey,
  alg: string,
): Promise<CryptoKey> {
  if (!("kty" in key)) return key as CryptoKey;
  // Of these runtimes think differently.
  const { alg: _alg, use: _use, key_ops: _ops, ...jwk } = key;
  return await crypto.subtle.importKey(
    "jwk",
    jwk as JsonWebKey,
    ALGORITHMS.get(alg)!.parameters as RsaHashedImportParams,
    false,
    ["sign"],
  );
}

/** The first algorithm that a key is for: of an RSA key that names none, RS256, and of an Ed25519 key, EdDSA. */
function algorithmOf(key: CryptoKey | PrivateJsonWebKey): string {
  for (const [alg, rules] of ALGORITHMS) {
    const isOne = "kty" in Object(key)
      ? isJsonWebKeyFor(key as PrivateJsonWebKey, alg, rules)
      : isCryptoKeyFor(key as CryptoKey, rules);
    if (isOne) return alg;
  }
  throw new TypeError(
    "Cannot use private_key: use a private RSA, EC or Ed25519 key that may sign",
  );
}

function isJsonWebKeyFor(
  { kty, crv, d, alg }: PrivateJsonWebKey,
  name: string,
  rules: AlgorithmRules,
): boolean {
  return typeof d === "string" && kty === rules.kty && crv === rules.crv &&
    (alg === undefined || alg === name);
}

function isCryptoKeyFor(
  key: CryptoKey,
  { parameters }: AlgorithmRules,
): boolean {
  const { usages, algorithm } = Object(key);
  return usages?.includes("sign") && algorithm.name === parameters.name &&
    algorithm.namedCurve === parameters.namedCurve &&
    // Of an EC key it is the algorithm's.
    (algorithm.hash?.name ?? parameters.hash) === parameters.hash;
}
