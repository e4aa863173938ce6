/**
 * What becomes of a signed object, whatever it says.
 *
 * @module
 */

import {
  AccessTokenError,
  type AccessTokenErrorReason,
} from "../../src/errors.ts";
import { checkForm, decodeHeader } from "../../src/tokens/jwt.ts";
import { checkSignature } from "../../src/tokens/jwt_verifier.ts";
import { keySet } from "../../src/issuers/key_sets.ts";
import { answerJson, testNetwork } from "../../src/testing/mod.ts";

/** Why it is refused, where it is. */
export type Verdict = "accepted" | AccessTokenErrorReason;

const JWKS_URL = "https://as.example/jwks";

/** Judges form, algorithm, key and signature as {@linkcode jwtVerifier} does, by the keys that an issuer publishes. */
export async function verdictOf(
  jws: string,
  jwks: { readonly keys: readonly object[] },
): Promise<Verdict> {
  const network = testNetwork();
  network.serve(JWKS_URL, answerJson(jwks));
  const keys = keySet(
    { issuer: "https://as.example", jwks_uri: JWKS_URL },
    network,
  );
  try {
    const header = decodeHeader(jws.split(".")[0] ?? "");
    checkForm(jws);
    await checkSignature(jws, header, { keys }, undefined);
    return "accepted";
  } catch (error) {
    if (error instanceof AccessTokenError) return error.reason;
    throw error;
  }
}
