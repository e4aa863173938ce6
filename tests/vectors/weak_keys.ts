/**
 * A key as the generator of CVE-2017-15361 (ROCA) makes them, made for these tests: each of its primes is a multiple
 * of the product of the first 126 primes, plus a power of 65537. Who sees the modulus can work out the private key.
 *
 * @module
 */

import type { JWK } from "jose";

/** The public half, whose modulus has 2048 bits. */
export const ROCA_KEY: JWK = {
  kty: "RSA",
  kid: "roca",
  alg: "RS256",
  use: "sig",
  n: "1cOw0eQ9JcZWjT9_P6v9P8QaT4KpfBX0AKhqAGN2BxlBMj1PdcJ4p1kGkWkSNI_73eetpV6TRGbK5RvDMBzmbPeAeN9JN9JEYVJ7TKNEiZgAfzcHGwlIr_Onh6_us2Cfa9KhEgpgBKPiM3QAR5Gn6slPbG_ttbJuN8J39CWIzyZcfLeH66pald_w2uuwKllwKwC6iZLfsVz1urpgF_kscXJ89ly-Lyykj0Uj5O9ugIgeX43meo9Z1TJdodET7h0D_fKxcyDKGX6DZV91aiKybfBzqDbr9u9xF1YY1h6jx3XqglJaliCWkwhRQu1edamWewLziiWLfmrMRz5A1ECcxQ",
  e: "AQAB",
};

/** Signed by its private half: an access token that is all right but for its key, on the tests' own clock. */
export const ROCA_TOKEN =
  "eyJhbGciOiJSUzI1NiIsImtpZCI6InJvY2EiLCJ0eXAiOiJhdCtqd3QifQ.eyJpc3MiOiJodHRwOi8vbG9jYWxob3N0OjkwMDAvdGVuYW50MSIsInN1YiI6InVzZXItMSIsImF1ZCI6Imh0dHA6Ly9sb2NhbGhvc3Q6ODc4Ny9tY3AiLCJjbGllbnRfaWQiOiJjbGllbnQtMSIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAwMzAwfQ.OU3AtsrUjq7VDB2zupR18cygEXAq8ASWD4ZqT2MuBecqVRrC3E1g28hj-1JRsmBKMsf5rMw1LlGfhJ08rqwv1PSVc-0V2PARDsxhHrjU1y6FMqwr-gxDq_BgypPwzWsrLJnLJlqIttzlGuX5ptZlnml0mazD0oDXk59CBKkj3AMbzXh664qY96JxK92nXmq2k640n7PTmxUyiZwATgiZiBj5zfTT2UCkBCpdnqxSsMEl07kr25nvvMN5SHGU5j0dcmKrqrAq2VIvc5hvkM_jikQnvXP9pnpVRNcrNxJc4VCJD4QldQJGKXztkUx11uUjNe37tPXqXc3RQocE3kTwZQ";
