/**
 * The bridge's secret where none is configured, for development: it outlives the program, so that a client which remembers
 * its registration can log in after a restart.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("./.development-secret", import.meta.url);
/** 32 bytes in Base64. */
const FORM = /^[\w-]{43}$/;

/**
 * Reads the secret from a file that git ignores and only its owner can read. The first call writes it. Where that is
 * impossible, the secret ends with the program.
 */
export function developmentSecret(file: URL = FILE): string {
  const secret = randomBytes(32).toString("base64url");
  try {
    writeFileSync(file, secret, { flag: "wx", mode: 0o600 });
  } catch { /* It is there already, or cannot be written. */ }
  try {
    const kept = readFileSync(file, "utf8");
    return FORM.test(kept) ? kept : secret;
  } catch {
    return secret;
  }
}
