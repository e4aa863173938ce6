/**
 * A client whose tokens are bound to its key by DPoP ({@link https://www.rfc-editor.org/rfc/rfc9449 | RFC 9449}).
 *
 * @module
 */

import { calculateJwkThumbprint, type JWK, SignJWT } from "jose";
import {
  aFunction,
  aString,
  checkOptions,
  type OptionShape,
} from "../runtime/option_checks.ts";
import { sha256 } from "../runtime/sha256.ts";
import type { Members } from "./issuer.ts";
import { type TestKey, testKey } from "./keys.ts";

/** Options of {@linkcode testKeyHolder}. */
export interface TestKeyHolderOptions {
  /** The algorithm of its key, such as `ES256` or `EdDSA`. Default: `ES256`. */
  readonly alg?: string | undefined;
  /** The time in milliseconds since 1970, such as the `now` of an issuer's `platform`. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** The request that a proof is for. */
export interface ProofRequest {
  /** Its URL. The query and the fragment are left out of the proof. */
  readonly url: string;
  /** Its method. Default: `GET`. */
  readonly method?: string | undefined;
  /** Its access token. Default: none, as for a request to a token endpoint. */
  readonly token?: string | undefined;
  /** The nonce that the server has sent in `DPoP-Nonce`. Default: none. */
  readonly nonce?: string | undefined;
}

/** A client with a key. */
export interface TestKeyHolder {
  /** The key. */
  readonly key: TestKey;
  /** The claim `cnf` of a token that is bound to the key: `issuer.token({ cnf: holder.cnf })`. */
  readonly cnf: { readonly jkt: string };
  /**
   * Signs a proof. Claims and header parameters are added to the default ones or replace them; `undefined` removes one.
   */
  proof(
    request: ProofRequest,
    claims?: Members,
    header?: Members,
  ): Promise<string>;
  /** The headers `authorization` and `dpop` of a request with a bound token, with a new proof. */
  headers(
    request: ProofRequest & { readonly token: string },
  ): Promise<{ authorization: string; dpop: string }>;
}

const SHAPE: OptionShape<TestKeyHolderOptions> = {
  members: { alg: aString, now: aFunction },
};

/**
 * Creates a client with a new key.
 *
 * @example A bound token, and the proof that it needs
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { dpop } from "@gatehouse/mcp-auth/dpop";
 * import { testIssuer, testKeyHolder } from "@gatehouse/mcp-auth/testing";
 *
 * const url = "https://notes.example.com/mcp";
 * const { issuer, platform, token } = await testIssuer({
 *   issuer: "https://auth.example.com",
 *   audience: url,
 * });
 * const mcp = protectResource(() => new Response("Hello"), {
 *   metadata: { resource: url, authorization_servers: [issuer] },
 *   dpop: dpop({ mode: "required" }),
 *   platform,
 * });
 *
 * const holder = await testKeyHolder({ now: platform.now });
 * const bound = await token({ cnf: holder.cnf });
 * const headers = await holder.headers({ url, token: bound });
 * const { status } = await mcp(new Request(url, { headers })); // 200
 * ```
 *
 * @throws {TypeError} If an option cannot be used.
 */
export async function testKeyHolder(
  options: TestKeyHolderOptions = {},
): Promise<TestKeyHolder> {
  checkOptions(options, "", SHAPE);
  const { alg = "ES256", now = () => Date.now() } = options;
  const key = await testKey(alg);
  const { kid: _kid, alg: _alg, use: _use, ...jwk } = key.jwk;
  const jkt = await calculateJwkThumbprint(jwk as JWK, "sha256");

  async function proof(
    { url, method = "GET", token, nonce }: ProofRequest,
    claims?: Members,
    header?: Members,
  ): Promise<string> {
    return await new SignJWT({
      jti: crypto.randomUUID(),
      htm: method,
      htu: url.replace(/[?#].*$/s, ""),
      iat: Math.floor(now() / 1000),
      ...(token !== undefined && { ath: await sha256(token) }),
      ...(nonce !== undefined && { nonce }),
      ...claims,
    })
      .setProtectedHeader({ typ: "dpop+jwt", alg, jwk, ...header })
      .sign(key.privateKey);
  }

  return {
    key,
    cnf: { jkt },
    proof,
    async headers(request): Promise<{ authorization: string; dpop: string }> {
      return {
        authorization: `DPoP ${request.token}`,
        dpop: await proof(request),
      };
    },
  };
}
