/**
 * What can be wrong with how tokens are judged.
 *
 * @module
 */

import type { Entry } from "./entry.ts";
import { authorization, rfc } from "./clauses.ts";
import { CLIENT_IDS } from "../clients/clients.ts";

/** What can be wrong with how tokens are judged. */
export type TokenCode =
  | "forged-token-accepted"
  | "bad-token-accepted"
  | "bad-token-status"
  | "bad-token-error"
  | "bad-token-challenge"
  | "token-refused"
  | "wrong-audience-accepted"
  | "expired-accepted"
  | "expired-forbidden";

/** By code. */
export const TOKEN_ENTRIES: Readonly<Record<TokenCode, Entry>> = {
  "forged-token-accepted": {
    severity: "error",
    title: "A token without a valid signature is accepted",
    clause: rfc(8725, "3.1"),
    clients: [],
    advice:
      "Verify signatures with the issuer's published keys, and never take the algorithm from the token.",
  },
  "bad-token-accepted": {
    severity: "error",
    title: "A string that is not a token is accepted",
    clause: authorization("token-handling"),
    clients: [],
    advice:
      "Reject what cannot be verified. A verifier that returns nothing must not count as success.",
  },
  "bad-token-status": {
    severity: "error",
    title: "A bad token is not answered with 401",
    clause: authorization("token-handling"),
    clients: CLIENT_IDS,
    advice:
      "Answer 401 and a challenge to every token that is malformed, expired or not authentic, whatever the verifier throws.",
  },
  "bad-token-error": {
    severity: "warning",
    title: "A bad token is not called invalid_token",
    clause: rfc(6750, "3.1"),
    clients: [],
    advice: 'Add error="invalid_token" to the challenge.',
  },
  "bad-token-challenge": {
    severity: "warning",
    title: "The challenge for a bad token has no resource_metadata",
    clause: rfc(9728, "5.1"),
    clients: ["typescript-1.13", "python-1.12", "python-1.19"],
    advice:
      "Send the same resource_metadata with every 401. A client whose token expired needs it as much as a new one.",
  },
  "token-refused": {
    severity: "error",
    title: "The given token is rejected",
    clause: authorization("token-handling"),
    clients: [],
    advice:
      "Compare the token's iss, aud and exp with the server's configuration, and look for the reason in its log.",
  },
  "wrong-audience-accepted": {
    severity: "error",
    title: "A token for another resource is accepted",
    clause: authorization("token-audience-binding-and-validation"),
    clients: [],
    advice:
      "Compare aud with the resource. Otherwise every other server that gets a user's token can act as the user here.",
  },
  "expired-accepted": {
    severity: "error",
    title: "An expired token is accepted",
    clause: authorization("token-handling"),
    clients: [],
    advice: "Compare exp with the time, with some seconds of tolerance.",
  },
  "expired-forbidden": {
    severity: "error",
    title: "An expired token is not answered with 401",
    clause: authorization("token-handling"),
    clients: CLIENT_IDS,
    advice:
      "Check exp before the scopes. Clients refresh their token only on 401.",
  },
};
