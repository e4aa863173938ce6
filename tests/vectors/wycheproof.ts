/**
 * Wycheproof's vectors for signed objects and for key sets, which are in a folder beside the checkout and not in it,
 * and where this library's policy differs from theirs.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import type { Verdict } from "./verdict.ts";

const VECTORS = new URL("../../../shared/vectors/", import.meta.url);

/** A file of vectors. */
export type VectorFile =
  | "json_web_signature_test.json"
  | "json_web_key_test.json";

/** How many vectors each file has, so that one that has lost some is no file of vectors. */
export const VECTOR_COUNTS: Readonly<Record<VectorFile, number>> = {
  "json_web_signature_test.json": 401,
  "json_web_key_test.json": 26,
};

/** A signed object, and what is to become of it. */
export interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly jws: string;
  readonly result: "valid" | "invalid";
}

/** The vectors of one key or key set. */
export interface VectorGroup {
  readonly file: VectorFile;
  readonly comment: string;
  readonly tests: readonly Vector[];
  /** What the issuer publishes. Secrets, where there is nothing else. */
  readonly jwks: KeySetDocument;
  /** What it would publish by mistake: its secrets too. */
  readonly secretJwks: KeySetDocument;
}

/** A JSON Web Key Set. */
export interface KeySetDocument {
  readonly keys: readonly object[];
}

/** Whether the vectors' folder is there. Where it is and they are not in it, reading them fails. */
export function areVectorsHere(): boolean {
  return existsSync(VECTORS);
}

/** Reads a file's groups. */
export function readVectors(file: VectorFile): VectorGroup[] {
  const text = readFileSync(new URL(file, VECTORS), "utf8");
  const groups: RawGroup[] = JSON.parse(text).testGroups;
  return groups.map((group) => ({
    file,
    comment: group.comment,
    tests: group.tests,
    jwks: setOf(group.public ?? group.private),
    secretJwks: setOf(group.private),
  }));
}

interface RawGroup {
  readonly comment: string;
  readonly tests: readonly Vector[];
  readonly private: object;
  readonly public?: object;
}

function setOf(keys: object): KeySetDocument {
  return "keys" in keys ? keys as KeySetDocument : { keys: [keys] };
}

/** Vectors on which this library's policy differs from Wycheproof's. */
export interface OtherPolicy {
  readonly why: string;
  readonly file: VectorFile;
  readonly tcIds: readonly number[];
  readonly verdict: Verdict;
}

/** Every class of them. Any other vector must have its own verdict. */
export const OTHER_POLICY: readonly OtherPolicy[] = [
  {
    why:
      "HS256 is no signature: whoever can check it can issue a token, and an issuer's published keys are no secret (RFC 8725 §3.1)",
    file: "json_web_signature_test.json",
    tcIds: [1, 348, 352, 357, 358, 359, 376, 377],
    verdict: "unknown_key",
  },
  {
    why: "nor are HS256, HS384 and HS512 by other keys",
    file: "json_web_key_test.json",
    tcIds: [2, 13, 14, 15],
    verdict: "unknown_key",
  },
  {
    why:
      "a character that base64url does not have is refused, not skipped (RFC 7515 §2, RFC 4648 §3.3), HS256 or not",
    file: "json_web_signature_test.json",
    tcIds: [372, 373],
    verdict: "malformed_token",
  },
  {
    why:
      "a key that names an algorithm is for that one (RFC 7517 §4.4): PS384 by a key for PS256, ES512 by one for ES521, which is no algorithm. Vector 340 refuses the same",
    file: "json_web_signature_test.json",
    tcIds: [346, 347, 350, 351],
    verdict: "unknown_key",
  },
  {
    why:
      "a trusted issuer's keys are trusted: that one was made by a faulty generator (ROCA) is for the issuer to see",
    file: "json_web_key_test.json",
    tcIds: [7],
    verdict: "accepted",
  },
];

/** Vectors that must be refused by their spelling, which their HS256 would hide. 367 and 370 are 357 to the byte. */
export const MISSPELLED: readonly number[] = [
  ...[360, 361, 362, 363, 364, 365, 366, 368, 369, 371, 374, 375],
];
