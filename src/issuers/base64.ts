/**
 * Base64 and base64url ({@link https://www.rfc-editor.org/rfc/rfc4648#section-5 | RFC 4648 §5}), of which runtimes have
 * the first alone, and from strings alone.
 *
 * @module
 */

/**
 * What base64url stands for, a character for each byte.
 *
 * @throws {DOMException} If it stands for nothing.
 */
export function binaryOf(base64url: string): string {
  return atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
}

/** Bytes in base64url, without padding. A few thousand at most. */
export function base64urlOf(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
