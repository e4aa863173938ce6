/**
 * The `WWW-Authenticate` fields that the RFCs show, and what is read of each. Lines that are folded for display are
 * joined by a space.
 *
 * @module
 */

import type { Challenge } from "../../src/http/www_authenticate.ts";

/** A field's value, and its challenges; `null` where it cannot be read. */
export type ChallengeExample = readonly [
  where: string,
  what: string,
  field: string,
  challenges: readonly Challenge[] | null,
];

const MULTIPLE = "Multiple methods used to include access token";

/** What the RFCs show. */
export const CHALLENGE_EXAMPLES: readonly ChallengeExample[] = [
  ["RFC 6750 §3", "no credentials", 'Bearer realm="example"', [
    { scheme: "bearer", params: { realm: "example" } },
  ]],
  [
    "RFC 6750 §3",
    "an expired token",
    'Bearer realm="example", error="invalid_token", error_description="The access token expired"',
    [{
      scheme: "bearer",
      params: {
        realm: "example",
        error: "invalid_token",
        error_description: "The access token expired",
      },
    }],
  ],
  [
    "RFC 6750 §3",
    "a scope of OpenID Connect",
    'Bearer scope="openid profile email"',
    [{ scheme: "bearer", params: { scope: "openid profile email" } }],
  ],
  [
    "RFC 6750 §3",
    "a scope with a comma, an ampersand and equals signs",
    'Bearer scope="urn:example:channel=HBO&urn:example:rating=G,PG-13"',
    [{
      scheme: "bearer",
      params: { scope: "urn:example:channel=HBO&urn:example:rating=G,PG-13" },
    }],
  ],
  [
    "RFC 9110 §11.6.1",
    "two challenges, the first of one parameter",
    'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
    [
      { scheme: "basic", params: { realm: "simple" } },
      {
        scheme: "newauth",
        params: { realm: "apps", type: "1", title: 'Login to "apps"' },
      },
    ],
  ],
  [
    "RFC 7235 §4.1",
    "the same two the other way round",
    'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
    [
      {
        scheme: "newauth",
        params: { realm: "apps", type: "1", title: 'Login to "apps"' },
      },
      { scheme: "basic", params: { realm: "simple" } },
    ],
  ],
  ["RFC 7617 §2", "a realm", 'Basic realm="WallyWorld"', [
    { scheme: "basic", params: { realm: "WallyWorld" } },
  ]],
  [
    "RFC 7617 §2.1",
    "a charset",
    'Basic realm="foo", charset="UTF-8"',
    [{ scheme: "basic", params: { realm: "foo", charset: "UTF-8" } }],
  ],
  [
    "RFC 7616 §3.9.1",
    "a comma in a value, and a value without quotes",
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
    [{
      scheme: "digest",
      params: {
        realm: "http-auth@example.org",
        qop: "auth, auth-int",
        algorithm: "SHA-256",
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        opaque: "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
      },
    }],
  ],
  ["RFC 4559 §5", "a scheme by itself", "Negotiate", [
    { scheme: "negotiate", params: {} },
  ]],
  [
    "RFC 4559 §5",
    "a token68, which is not implemented",
    "Negotiate a87421000492aa874209af8bc028",
    null,
  ],
  [
    "RFC 9728 §5.1",
    "resource_metadata",
    'Bearer resource_metadata= "https://resource.example.com/.well-known/oauth-protected-resource"',
    [{
      scheme: "bearer",
      params: {
        resource_metadata:
          "https://resource.example.com/.well-known/oauth-protected-resource",
      },
    }],
  ],
  ["RFC 9449 §7.1, figure 15", "no credentials", 'DPoP algs="ES256 PS256"', [
    { scheme: "dpop", params: { algs: "ES256 PS256" } },
  ]],
  [
    "RFC 9449 §7.1, figure 16",
    "a token that is bound to another key",
    'DPoP error="invalid_token", error_description="Invalid DPoP key binding", algs="ES256"',
    [{
      scheme: "dpop",
      params: {
        error: "invalid_token",
        error_description: "Invalid DPoP key binding",
        algs: "ES256",
      },
    }],
  ],
  [
    "RFC 9449 §7.2, figure 17",
    "two schemes, the first without parameters",
    'Bearer, DPoP algs="ES256 PS256"',
    [
      { scheme: "bearer", params: {} },
      { scheme: "dpop", params: { algs: "ES256 PS256" } },
    ],
  ],
  [
    "RFC 9449 §7.2, figure 18",
    "an error for one of two schemes",
    'Bearer error="invalid_token", error_description="Invalid token", DPoP algs="ES256 PS256"',
    [
      {
        scheme: "bearer",
        params: {
          error: "invalid_token",
          error_description: "Invalid token",
        },
      },
      { scheme: "dpop", params: { algs: "ES256 PS256" } },
    ],
  ],
  [
    "RFC 9449 §7.2, figure 19",
    "the same parameters for two schemes",
    `Bearer error="invalid_request", error_description="${MULTIPLE}", DPoP algs="ES256 PS256", error="invalid_request", error_description="${MULTIPLE}"`,
    [
      {
        scheme: "bearer",
        params: { error: "invalid_request", error_description: MULTIPLE },
      },
      {
        scheme: "dpop",
        params: {
          algs: "ES256 PS256",
          error: "invalid_request",
          error_description: MULTIPLE,
        },
      },
    ],
  ],
  [
    "RFC 9449 §9, figure 24",
    "a nonce that is needed",
    'DPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof"',
    [{
      scheme: "dpop",
      params: {
        error: "use_dpop_nonce",
        error_description: "Resource server requires nonce in DPoP proof",
      },
    }],
  ],
  [
    "RFC 9470 §3",
    "another authentication that is needed",
    'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="myACR"',
    [{
      scheme: "bearer",
      params: {
        error: "insufficient_user_authentication",
        error_description: "A different authentication level is required",
        acr_values: "myACR",
      },
    }],
  ],
  [
    "RFC 9470 §3",
    "a fresh authentication that is needed",
    'Bearer error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="5"',
    [{
      scheme: "bearer",
      params: {
        error: "insufficient_user_authentication",
        error_description: "More recent authentication is required",
        max_age: "5",
      },
    }],
  ],
];
