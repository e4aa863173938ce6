/**
 * The signed objects that the RFCs show, and what becomes of them by the signature stage: their form, their algorithm
 * and their signature are judged, and not what they say. Line breaks that are there for display are left out.
 *
 * @module
 */

import type { JWK } from "jose";
import type { Verdict } from "./verdict.ts";

/** A signed object, and the keys of whoever signed it. */
export type SignedExample = readonly [
  where: string,
  what: string,
  verdict: Verdict,
  jws: string,
  ...keys: JWK[],
];

/** RFC 7515 §A.1.1, §A.2.1, §A.3.1 and §A.4.1. */
const A1: JWK = {
  kty: "oct",
  k: "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
};
const A2: JWK = {
  kty: "RSA",
  n: "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
  e: "AQAB",
};
const A3: JWK = {
  kty: "EC",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
};
const A4: JWK = {
  kty: "EC",
  crv: "P-521",
  x: "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
  y: "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
};
/** RFC 8037 §A.2. */
const ED25519: JWK = {
  kty: "OKP",
  crv: "Ed25519",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
};
/** RFC 7520 §3.1, §3.3 and §3.5. The first two have one `kid`, as RFC 7517 §4.5 lets keys of two types. */
const EC: JWK = {
  kty: "EC",
  kid: "bilbo.baggins@hobbiton.example",
  use: "sig",
  crv: "P-521",
  x: "AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",
  y: "AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1",
};
const RSA: JWK = {
  kty: "RSA",
  kid: "bilbo.baggins@hobbiton.example",
  use: "sig",
  n: "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw",
  e: "AQAB",
};
const SECRET: JWK = {
  kty: "oct",
  kid: "018c0ae5-4d9b-471b-bfd6-eef314bc7037",
  use: "sig",
  alg: "HS256",
  k: "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg",
};
/** RFC 9449 §4.2: the key that the proof of §4.1 carries in its header. */
const DPOP: JWK = {
  kty: "EC",
  crv: "P-256",
  x: "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
  y: "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
};

/** RFC 7519 §3.1: `{"iss":"joe", "exp":1300819380, "http://example.com/is_root":true}`. */
const JOE =
  "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const RS256 =
  "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const ES256 =
  "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/** RFC 7520 §4: a sentence of Bilbo's, and the headers of §4.1 to §4.4. */
const SENTENCE =
  "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";
const RS256_HEADER =
  "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9";
const PS384_HEADER =
  "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9";
const ES512_HEADER =
  "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9";
const HS256_HEADER =
  "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9";
const RS256_OF_SENTENCE =
  "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg";
const RS256_WITHOUT_KID =
  "MIsjqtVlOpa71KE-Mss8_Nq2YH4FGhiocsqrgi5NvyG53uoimic1tcMdSg-qptrzZc7CG6Svw2Y13TDIqHzTUrL_lR2ZFcryNFiHkSw129EghGpwkpxaTn_THJTCglNbADko1MZBCdwzJxwqZc-1RlpO2HibUYyXSwO97BSe0_evZKdjvvKSgsIqjytKSeAMbhMBdMma622_BG5t4sdbuCHtFjp9iJmkio47AIwqkZV1aIZsv33uPUqBBCXbYoQJwt7mxPftHmNlGoOSMxR_3thmXTCm4US-xiNOyhbm8afKK64jU6_TPtQHiJeQJxz9G3Tx-083B745_AfYOnlC9w";
const PS384_OF_SENTENCE =
  "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw";
const ES512_OF_SENTENCE =
  "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2";
const HS256_OF_SENTENCE = "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0";

/** What the RFCs show. A shared secret is no key here: whoever can check its signatures can make them. */
export const SIGNED_EXAMPLES: readonly SignedExample[] = [
  [
    "RFC 7515 §A.1",
    "HS256",
    "unknown_key",
    `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${JOE}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`,
    A1,
  ],
  [
    "RFC 7515 §A.2",
    "RS256",
    "accepted",
    `eyJhbGciOiJSUzI1NiJ9.${JOE}.${RS256}`,
    A2,
  ],
  [
    "RFC 7515 §A.3",
    "ES256",
    "accepted",
    `eyJhbGciOiJFUzI1NiJ9.${JOE}.${ES256}`,
    A3,
  ],
  [
    "RFC 7515 §A.4",
    "ES512",
    "accepted",
    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
    A4,
  ],
  [
    "RFC 7515 §A.5 and RFC 7519 §6.1",
    "none",
    "malformed_token",
    `eyJhbGciOiJub25lIn0.${JOE}.`,
  ],
  [
    "RFC 7515 §A.6",
    "the general JSON serialization",
    "malformed_token",
    JSON.stringify({
      payload: JOE,
      signatures: [
        {
          protected: "eyJhbGciOiJSUzI1NiJ9",
          header: { kid: "2010-12-29" },
          signature: RS256,
        },
        {
          protected: "eyJhbGciOiJFUzI1NiJ9",
          header: { kid: "e9bc097a-ce51-4036-9562-d2ade882db0d" },
          signature: ES256,
        },
      ],
    }),
    A2,
    A3,
  ],
  [
    "RFC 7515 §A.7",
    "the flattened JSON serialization",
    "malformed_token",
    JSON.stringify({
      payload: JOE,
      protected: "eyJhbGciOiJFUzI1NiJ9",
      header: { kid: "e9bc097a-ce51-4036-9562-d2ade882db0d" },
      signature: ES256,
    }),
    A3,
  ],
  [
    "RFC 7515 §E",
    "an extension that must be understood",
    "malformed_token",
    "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.",
  ],
  [
    "RFC 7515 §F",
    "ES256 with its payload detached",
    "bad_signature",
    `eyJhbGciOiJFUzI1NiJ9..${ES256}`,
    A3,
  ],
  [
    "RFC 7797 §4.1",
    "HS256",
    "unknown_key",
    "eyJhbGciOiJIUzI1NiJ9.JC4wMg.5mvfOroL-g7HyqJoozehmsaqmvTYGEq5jTI1gVvoEoQ",
    A1,
  ],
  [
    "RFC 7797 §4.2",
    "a payload that is not encoded",
    "malformed_token",
    "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY",
    A1,
  ],
  [
    "RFC 8037 §A.4",
    "Ed25519",
    "accepted",
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    ED25519,
  ],
  [
    "RFC 7520 §4.1",
    "RS256",
    "accepted",
    `${RS256_HEADER}.${SENTENCE}.${RS256_OF_SENTENCE}`,
    RSA,
    EC,
  ],
  [
    "RFC 7520 §4.2",
    "PS384",
    "accepted",
    `${PS384_HEADER}.${SENTENCE}.${PS384_OF_SENTENCE}`,
    RSA,
    EC,
  ],
  [
    "RFC 7520 §4.3",
    "ES512",
    "accepted",
    `${ES512_HEADER}.${SENTENCE}.${ES512_OF_SENTENCE}`,
    RSA,
    EC,
  ],
  [
    "RFC 7520 §4.4",
    "HS256",
    "unknown_key",
    `${HS256_HEADER}.${SENTENCE}.${HS256_OF_SENTENCE}`,
    SECRET,
  ],
  [
    "RFC 7520 §4.5",
    "HS256 with its payload detached",
    "unknown_key",
    `${HS256_HEADER}..${HS256_OF_SENTENCE}`,
    SECRET,
  ],
  [
    "RFC 7520 §4.6",
    "a kid that is not protected",
    "malformed_token",
    JSON.stringify({
      payload: SENTENCE,
      protected: "eyJhbGciOiJIUzI1NiJ9",
      header: { kid: "018c0ae5-4d9b-471b-bfd6-eef314bc7037" },
      signature: "bWUSVaxorn7bEF1djytBd0kHv70Ly5pvbomzMWSOr20",
    }),
    SECRET,
  ],
  [
    "RFC 7520 §4.7",
    "an alg that is not protected",
    "malformed_token",
    JSON.stringify({
      payload: SENTENCE,
      header: { alg: "HS256", kid: "018c0ae5-4d9b-471b-bfd6-eef314bc7037" },
      signature: "xuLifqLGiblpv9zBpuZczWhNj1gARaLV3UxvxhJxZuk",
    }),
    SECRET,
  ],
  [
    "RFC 7520 §4.8",
    "the first of its signatures by itself (RFC 7515 §7.1)",
    "accepted",
    `eyJhbGciOiJSUzI1NiJ9.${SENTENCE}.${RS256_WITHOUT_KID}`,
    RSA,
    EC,
  ],
  [
    "RFC 9449 §4.1",
    "a DPoP proof, by the key that it brings with it",
    "accepted",
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg",
    DPOP,
  ],
  [
    "RFC 9449 §4.1",
    "a DPoP proof, by a key that only it brings with it",
    "bad_signature",
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg",
    A3,
  ],
];
