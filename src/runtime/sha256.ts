/**
 * The hash of a string.
 *
 * @module
 */

import { base64url } from "jose";

/** The SHA-256 hash of a string in UTF-8, in base64url: 43 characters. */
export async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  return base64url.encode(
    new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  );
}
