/**
 * The memory of used proofs ({@link https://www.rfc-editor.org/rfc/rfc9449#section-11.1 | RFC 9449 §11.1}).
 *
 * @module
 */

import { AccessTokenError, AuthorizationServerError } from "../errors.ts";
import { sha256 } from "../runtime/sha256.ts";
import { memoryStore, type Store } from "../runtime/store.ts";

/** The proofs that an instance remembers without a store of its own. Each takes about 200 bytes. */
export const MAX_REMEMBERED_PROOFS = 100_000;

/** Remembers a proof. Rejects if it was used before. */
export type Remember = (thumbprint: string, jti: string) => Promise<void>;

/**
 * The memory of the proofs of one resource, each for as long as it would be accepted: `iat` may be `maxAgeSeconds` ahead,
 * and then the proof is accepted for twice as long. A key's `jti` counts once for the whole resource, whatever the rest of
 * the proof is.
 *
 * @throws {AccessTokenError} `replayed_proof`, from the function.
 * @throws {AuthorizationServerError} From the function, if the store fails: a proof that cannot be remembered is not
 *   accepted.
 */
export function proofMemory(
  resource: string,
  maxAgeSeconds: number,
  now: () => number,
  store: Store = memoryStore({ maxEntries: MAX_REMEMBERED_PROOFS, now }),
): Remember {
  // One more second: at the very end, the proof is still accepted.
  const ttl = Math.ceil(2 * maxAgeSeconds) + 1;
  return async (thumbprint, jti) => {
    const hash = await sha256(`${resource}\n${thumbprint}\n${jti}`);
    let isNew: boolean;
    try {
      isNew = await store.set(`dpop ${hash}`, "1", { ttl, ifAbsent: true });
    } catch (cause) {
      throw new AuthorizationServerError(
        "Cannot accept the DPoP proof: the replay store failed",
        { cause },
      );
    }
    if (!isNew) throw new AccessTokenError("replayed_proof");
  };
}
