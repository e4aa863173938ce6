/**
 * The type of a key of the Web Cryptography API.
 *
 * @module
 */

/**
 * A {@link https://developer.mozilla.org/docs/Web/API/CryptoKey | CryptoKey}, as the runtime's own types have it. Node's
 * have no global type of that name: to a compiler without lib `dom` it would be `any`, and a PEM string a key.
 */
export type RuntimeCryptoKey = typeof globalThis extends {
  // deno-lint-ignore no-explicit-any
  crypto: { subtle: { generateKey(...args: any[]): Promise<infer Key> } };
} ? Extract<Key, { readonly type: string }>
  : {
    readonly type: string;
    readonly algorithm: { readonly name: string };
    readonly extractable: boolean;
    readonly usages: readonly string[];
  };
