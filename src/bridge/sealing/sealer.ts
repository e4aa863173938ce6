/**
 * Values that travel with a browser or a client and are opened again by any instance that has the secret: JSON,
 * encrypted and authenticated (JWE {@link https://www.rfc-editor.org/rfc/rfc7516 | RFC 7516}, `dir` with A256GCM).
 *
 * @module
 */

import {
  base64url,
  compactDecrypt,
  CompactEncrypt,
  decodeProtectedHeader,
} from "jose";
import * as z from "zod/mini";
import { parseObject } from "../../http/body.ts";
import type { Purpose, Secret } from "./secrets.ts";

/** Seals and opens values. */
export interface Sealer {
  /** Seals a value with the first secret. */
  seal(purpose: Purpose, value: object): Promise<string>;
  /**
   * Opens a value that one of the secrets sealed for this purpose, and checks its shape. Resolves to `undefined` for
   * anything else.
   */
  open<T>(
    purpose: Purpose,
    sealed: string,
    shape: z.ZodMiniType<T>,
  ): Promise<T | undefined>;
}

interface Key {
  readonly kid: string;
  readonly key: CryptoKey;
}

const KID_BYTES = 6;
/** `{"alg":"dir","enc":"A256GCM","kid":"…"}`, no key to unwrap, and four more parts. */
const FORM = /^[\w-]{1,128}\.\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/;

/** A sealer over a bridge's secrets. */
export function sealer(secrets: readonly Secret[]): Sealer {
  // Keys, and not the promises of keys: on Cloudflare Workers one request must not wait for another one's promise.
  const known = new Map<Purpose, readonly Key[]>();

  async function keysFor(purpose: Purpose): Promise<readonly Key[]> {
    const keys = known.get(purpose) ??
      await Promise.all(secrets.map((secret) => keyFor(secret, purpose)));
    known.set(purpose, keys);
    return keys;
  }

  return {
    async seal(purpose, value): Promise<string> {
      const [first] = await keysFor(purpose);
      const { kid, key } = first!;
      return await new CompactEncrypt(
        new TextEncoder().encode(JSON.stringify(value)),
      ).setProtectedHeader({ alg: "dir", enc: "A256GCM", kid }).encrypt(key);
    },
    async open<T>(
      purpose: Purpose,
      sealed: string,
      shape: z.ZodMiniType<T>,
    ): Promise<T | undefined> {
      if (!FORM.test(sealed)) return undefined;
      const keys = await keysFor(purpose);
      try {
        const { kid } = decodeProtectedHeader(sealed);
        const key = keys.find((one) => one.kid === kid)?.key;
        if (key === undefined) return undefined;
        const { plaintext } = await compactDecrypt(sealed, key, {
          keyManagementAlgorithms: ["dir"],
          contentEncryptionAlgorithms: ["A256GCM"],
        });
        const value = parseObject(new TextDecoder().decode(plaintext));
        return z.safeParse(shape, value).data;
      } catch {
        return undefined;
      }
    },
  };
}

async function keyFor(secret: Secret, purpose: Purpose): Promise<Key> {
  const [bytes, identifier] = await Promise.all([
    secret.derive(purpose),
    secret.derive("identifier"),
  ]);
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  return { kid: base64url.encode(identifier.subarray(0, KID_BYTES)), key };
}
