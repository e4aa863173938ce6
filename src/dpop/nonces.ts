/**
 * Nonces for proofs, which the server chooses
 * ({@link https://www.rfc-editor.org/rfc/rfc9449#section-8 | RFC 9449 §8}). They are derived from a secret and the time, so
 * that no instance has to remember which ones it has handed out.
 *
 * @module
 */

import { base64url } from "jose";
import { deriveBytes } from "../runtime/derived_keys.ts";

/** The nonces of one resource. */
export interface Nonces {
  /** Whether a nonce is the current one, or the one before. */
  accepts(nonce: unknown): Promise<boolean>;
  /** The current nonce, once {@linkcode Nonces.accepts} has been called in its period. */
  current(): string | undefined;
}

/** The nonces of one period, the current one first. */
interface Period {
  readonly number: number;
  readonly nonces: readonly string[];
}

/**
 * The nonces of a resource. A new one becomes current every `periodSeconds`, made from the first secret; those of the
 * other secrets and of the period before are accepted too.
 */
export function nonces(
  resource: string,
  secrets: readonly string[] | undefined,
  { periodSeconds, now }: {
    readonly periodSeconds: number;
    readonly now: () => number;
  },
): Nonces {
  let keys: readonly Uint8Array<ArrayBuffer>[] | undefined;
  let period: Period | undefined;

  async function nonceOf(
    key: Uint8Array<ArrayBuffer>,
    number: number,
  ): Promise<string> {
    const info = `gatehouse dpop nonce 1\n${number}\n${resource}`;
    return base64url.encode(await deriveBytes(key, info));
  }

  const currentNumber = (): number => Math.floor(now() / 1000 / periodSeconds);

  return {
    async accepts(nonce): Promise<boolean> {
      const number = currentNumber();
      // Not at construction: in the global scope of a Worker there are no random values.
      keys ??= secrets?.map((secret) => new TextEncoder().encode(secret)) ??
        [crypto.getRandomValues(new Uint8Array(32))];
      if (period?.number !== number) {
        const made: string[] = [];
        for (const each of [number, number - 1]) {
          for (const key of keys) made.push(await nonceOf(key, each));
        }
        period = { number, nonces: made };
      }
      return period.nonces.includes(nonce as string);
    },
    current: () =>
      period?.number === currentNumber() ? period.nonces[0] : undefined,
  };
}
