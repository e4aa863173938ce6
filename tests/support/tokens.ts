/**
 * Access tokens that must be refused, made by an attacker or by a careless issuer, each with why and with the reason
 * that the log is told.
 *
 * @module
 */

import {
  CompactEncrypt,
  CompactSign,
  exportJWK,
  exportSPKI,
  FlattenedSign,
  importJWK,
} from "jose";
import type { AccessTokenErrorReason } from "../../src/errors.ts";
import {
  type TestIssuer,
  testIssuer,
  type TestKey,
  testKey,
  type TestNetwork,
  testNetwork,
} from "../../src/testing/mod.ts";
import { ISSUER, RESOURCE } from "./protected.ts";

/** The algorithms that issuers use most. */
export const ALGORITHMS = [
  "RS256",
  "PS256",
  "ES256",
  "ES384",
  "EdDSA",
] as const;

/** A key for each algorithm, one for encryption, and one that is too short. */
export const keys: readonly TestKey[] = [
  ...await Promise.all(ALGORITHMS.map((alg) => testKey(alg))),
  await encryptionKey(),
  await shortKey(),
];
/** A key that the issuer never had. */
export const stranger: TestKey = await testKey("ES256", "stranger");

/** Where the issuer is. */
export const network: TestNetwork = testNetwork();
/** The issuer of every token here. */
export const issuer: TestIssuer = await testIssuer({
  platform: network,
  issuer: ISSUER,
  audience: RESOURCE,
  keys,
});

/** The issuer's key for an algorithm. */
export function keyOf(kid: string): TestKey {
  return keys.find((key) => key.kid === kid)!;
}

/** A JWT of exactly this header and this payload: JSON text, or what is written as JSON. */
export function forge(
  header: string | object,
  payload: string | object = issuer.claims(),
  key: TestKey = keyOf("ES256"),
): Promise<string> {
  return signSegments(`${segment(header)}.${segment(payload)}`, key);
}

/** Signs two segments as they are. */
export async function signSegments(
  input: string,
  { privateKey }: TestKey,
): Promise<string> {
  const { name } = privateKey.algorithm;
  const signature = await crypto.subtle.sign(
    { name, hash: "SHA-256", saltLength: 32 },
    privateKey,
    new TextEncoder().encode(input),
  );
  return `${input}.${segment(new Uint8Array(signature))}`;
}

/** Base64url of bytes, of a text, or of a value written as JSON. */
export function segment(value: Uint8Array | string | object): string {
  const bytes = value instanceof Uint8Array ? value : new TextEncoder().encode(
    typeof value === "string" ? value : JSON.stringify(value),
  );
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join(
    "",
  );
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/** A token, and why and for which reason it is refused. */
export type RefusedToken = readonly [
  why: string,
  reason: AccessTokenErrorReason,
  make: () => string | Promise<string>,
];

const HEADER = { alg: "ES256", kid: "ES256", typ: "at+jwt" };

/** What is no JWT in the one form that is taken. */
const malformed: readonly (readonly [
  why: string,
  make: () => string | Promise<string>,
])[] = [
  ["a word", () => "invalid"],
  ["two segments", async () => (await forge(HEADER)).replace(/\.[^.]*$/, "")],
  ["four segments", async () => `${await forge(HEADER)}.e30`],
  ["five segments (a JWE)", encrypted],
  ["three empty segments", () => ".."],
  [
    "an empty header",
    async () => `.${(await forge(HEADER)).split(".", 3).slice(1).join(".")}`,
  ],
  [
    "an empty payload",
    () => signSegments(`${segment(HEADER)}.`, keyOf("ES256")),
  ],
  [
    "an empty signature",
    async () => (await forge(HEADER)).replace(/[^.]*$/, ""),
  ],
  ["JSON serialization (RFC 7515 §7.2)", flattened],
  ["padding behind the signature", async () => `${await forge(HEADER)}=`],
  [
    "padding that counts, behind the signature",
    async () => `${await forge(HEADER)}==`,
  ],
  [
    "padding behind the header",
    () =>
      signSegments(
        `${segment('{"alg":"ES256","kid":"ES256"}')}=.${
          segment(issuer.claims())
        }`,
        keyOf("ES256"),
      ),
  ],
  ["base64 that is not base64url", notUrlSafe],
  [
    "a second spelling of the signature",
    async () => respell(await forge(HEADER)),
  ],
  [
    "a second spelling of the payload",
    () =>
      signSegments(
        respell(`${segment(HEADER)}.${segment(padded(1))}`),
        keyOf("ES256"),
      ),
  ],
  [
    "a third spelling of the payload",
    () =>
      signSegments(
        respell(`${segment(HEADER)}.${segment(padded(2))}`),
        keyOf("ES256"),
      ),
  ],
  ["a second spelling of the header", async () => {
    const [header, payload] = (await forge(`${JSON.stringify(HEADER)} `)).split(
      ".",
    );
    return signSegments(`${respell(header!)}.${payload}`, keyOf("ES256"));
  }],
  [
    "white space between its segments",
    async () => (await forge(HEADER)).replace(".", ". "),
  ],
  [
    "white space within a segment",
    async () => (await forge(HEADER)).replace(/^.{8}/, "$& "),
  ],
  ["a header that is no JSON", () => forge("alg=ES256")],
  ["a header that is a list", () => forge([HEADER])],
  ["a header that is null", () => forge("null")],
  [
    "a header that is not UTF-8",
    () =>
      signSegments(
        `${notUtf8({ ...HEADER, x: "?" })}.${segment(issuer.claims())}`,
        keyOf("ES256"),
      ),
  ],
  ["a payload that is no JSON", () => forge(HEADER, "sub=user-1")],
  ["a payload that is a list", () => forge(HEADER, [issuer.claims()])],
  ["a payload that is a string", () => forge(HEADER, JSON.stringify("user-1"))],
  ["a payload that is null", () => forge(HEADER, "null")],
  [
    "a payload that is not UTF-8",
    () =>
      signSegments(
        `${segment(HEADER)}.${notUtf8({ ...issuer.claims(), x: "?" })}`,
        keyOf("ES256"),
      ),
  ],
  ["no alg", () => forge({ kid: "ES256" })],
  ["an alg that is a list", () => forge({ ...HEADER, alg: ["ES256"] })],
  [
    "an alg that is inherited",
    () => forge('{"__proto__":{"alg":"ES256"},"kid":"ES256"}'),
  ],
  ["a kid that is a number", () => forge({ ...HEADER, kid: 1 })],
  ["a kid that is null", () => forge({ ...HEADER, kid: null })],
  [
    "an extension that must be understood",
    () => forge({ ...HEADER, crit: ["exp"], exp: 1 }),
  ],
  [
    "an extension that must be understood and is not there",
    () => forge({ ...HEADER, crit: ["x"] }),
  ],
  ["an empty list of extensions", () => forge({ ...HEADER, crit: [] })],
  [
    "an unencoded payload (RFC 7797)",
    () => forge({ ...HEADER, crit: ["b64"], b64: false }),
  ],
  [
    "an unencoded payload that need not be understood",
    () => forge({ ...HEADER, b64: false }),
  ],
  ["compression", () => forge({ ...HEADER, zip: "DEF" })],
];

/** What names an algorithm that is not to be trusted. */
const algorithms: readonly (readonly [
  why: string,
  make: () => string | Promise<string>,
])[] = [
  ...["none", "None", "NONE", "nOnE", ""].map((alg) =>
    [
      `alg ${JSON.stringify(alg)}`,
      () => forge({ ...HEADER, alg }),
    ] as const
  ),
  [
    "alg none, and bytes for a signature",
    () => `${segment({ alg: "none" })}.${segment(issuer.claims())}.AA`,
  ],
  ["alg in small letters", () => forge({ ...HEADER, alg: "es256" })],
  ["alg of another world", () => forge({ ...HEADER, alg: "A256KW" })],
  ["alg of weak hashes", () => forge({ ...HEADER, alg: "RS1" })],
  ["alg of another curve", () => forge({ ...HEADER, alg: "ES256K" })],
  [
    "HS256 by the public key's PEM",
    async () => hmac("HS256", await pem("RS256"), "RS256"),
  ],
  [
    "HS384 by the public key's PEM",
    async () => hmac("HS384", await pem("RS256"), "RS256"),
  ],
  [
    "HS512 by the public key's PEM",
    async () => hmac("HS512", await pem("RS256"), "RS256"),
  ],
  [
    "HS256 by the public key's JWK",
    () => hmac("HS256", JSON.stringify(keyOf("ES256").jwk), "ES256"),
  ],
  [
    "HS256 by the public key's modulus",
    () => hmac("HS256", `${keyOf("RS256").jwk.n}`, "RS256"),
  ],
  [
    "HS256 by an empty-looking secret",
    () => hmac("HS256", "\0".repeat(32), undefined),
  ],
];

/** What is signed by none of the issuer's keys, or by one that is not for this. */
const signatures: readonly RefusedToken[] = [
  [
    "a key that the issuer does not have",
    "unknown_key",
    () => forge({ ...HEADER, kid: "stranger" }, undefined, stranger),
  ],
  [
    "no kid, and a key that the issuer does not have",
    "bad_signature",
    () => forge({ alg: "ES256" }, undefined, stranger),
  ],
  [
    "a kid that is __proto__",
    "unknown_key",
    () => forge({ ...HEADER, kid: "__proto__" }, undefined, stranger),
  ],
  [
    "a kid that is a path",
    "unknown_key",
    () => forge({ ...HEADER, kid: "../../../dev/null" }, undefined, stranger),
  ],
  [
    "an empty kid",
    "unknown_key",
    () => forge({ ...HEADER, kid: "" }, undefined, stranger),
  ],
  [
    "a stranger's key by a known kid",
    "bad_signature",
    () => forge(HEADER, undefined, stranger),
  ],
  ["a changed payload", "bad_signature", () => changed({ sub: "admin" })],
  [
    "a signature of zeros (CVE-2022-21449)",
    "bad_signature",
    async () =>
      (await forge(HEADER)).replace(/[^.]*$/, segment(new Uint8Array(64))),
  ],
  [
    "a signature that is too short",
    "bad_signature",
    async () => (await forge(HEADER)).replace(/[^.]*$/, "AAAA"),
  ],
  [
    "a signature in DER",
    "bad_signature",
    async () =>
      (await forge(HEADER)).replace(
        /[^.]*$/,
        segment(new Uint8Array([48, 6, 2, 1, 1, 2, 1, 1])),
      ),
  ],
  [
    "the embedded key of a stranger",
    "unknown_key",
    () =>
      forge(
        { ...HEADER, kid: "stranger", jwk: stranger.jwk },
        undefined,
        stranger,
      ),
  ],
  [
    "the embedded key of a stranger by a known kid",
    "bad_signature",
    () => forge({ ...HEADER, jwk: stranger.jwk }, undefined, stranger),
  ],
  [
    "a URL of a stranger's keys",
    "unknown_key",
    () =>
      forge(
        { ...HEADER, kid: "stranger", jku: "https://evil.example/jwks" },
        undefined,
        stranger,
      ),
  ],
  [
    "a URL of a stranger's certificate",
    "unknown_key",
    () =>
      forge(
        { ...HEADER, kid: "stranger", x5u: "https://evil.example/x5c" },
        undefined,
        stranger,
      ),
  ],
  [
    "a stranger's certificate",
    "unknown_key",
    () =>
      forge(
        { ...HEADER, kid: "stranger", x5c: ["MIIB"], x5t: "AAAA" },
        undefined,
        stranger,
      ),
  ],
  [
    "an RSA key of 1024 bits",
    "unknown_key",
    () =>
      forge(
        { ...HEADER, alg: "RS256", kid: "short" },
        undefined,
        keyOf("short"),
      ),
  ],
  [
    "a key that is for encryption",
    "unknown_key",
    () => forge({ ...HEADER, kid: "enc" }, undefined, keyOf("enc")),
  ],
  [
    "a key that is for another algorithm",
    "unknown_key",
    () =>
      forge(
        { ...HEADER, alg: "RS256", kid: "PS256" },
        undefined,
        keyOf("PS256"),
      ),
  ],
  [
    "a key that is for another curve",
    "unknown_key",
    () => forge({ ...HEADER, kid: "ES384" }, undefined, keyOf("ES384")),
  ],
];

/** What the issuer signed, and what is no access token. */
const types: readonly (readonly [
  why: string,
  make: () => string | Promise<string>,
])[] = [
  ...[
    "dpop+jwt",
    "oauth-id-jag+jwt",
    "logout+jwt",
    "secevent+jwt",
    "token-introspection+jwt",
    "client-authentication+jwt",
    "application/dpop+jwt",
    "rt+jwt",
    "JWE",
    "",
    "at+jwt ",
    "at+jwt;v=1",
    "application/application/at+jwt",
    "text/at+jwt",
    7519,
    null,
    true,
    ["at+jwt"],
    ["JWT"],
    { "at+jwt": "at+jwt" },
  ].map((typ) =>
    [
      `typ ${JSON.stringify(typ)}`,
      () => forge({ ...HEADER, typ }),
    ] as const
  ),
  ...([
    ["at_hash", { at_hash: "x" }],
    ["c_hash", { c_hash: "x" }],
    ["a token_use of id", { token_use: "id" }],
    ["a token_use of refresh", { token_use: "refresh" }],
    ["a token_use that is a list", { token_use: ["access"] }],
    ["a typ claim of ID", { typ: "ID" }],
    ["a typ claim of Refresh", { typ: "Refresh" }],
    ["a typ claim of Offline", { typ: "Offline" }],
    ["a typ claim of Logout", { typ: "Logout" }],
    ["events", {
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    }],
    ["events that are null", { events: null }],
  ] as const).map(([why, claims]) =>
    [
      `${why}, as other tokens have`,
      () => issuer.token(claims, { typ: "JWT" }),
    ] as const
  ),
];

/** Tokens that are refused whatever they are for. */
export const refusedTokens: readonly RefusedToken[] = [
  ...malformed.map(([why, make]) => [why, "malformed_token", make] as const),
  ...algorithms.map(([why, make]) =>
    [why, "unsupported_algorithm", make] as const
  ),
  ...signatures,
  ...types.map(([why, make]) => [why, "wrong_type", make] as const),
];

/** Claims that are put in place of the usual ones, and why and for which reason a token with them is refused. */
export type RefusedClaims = readonly [
  why: string,
  reason: AccessTokenErrorReason,
  claims: Readonly<Record<string, unknown>>,
];

const NOW = network.now() / 1000;

/** Claims that are not for the resource, or not for now, although the issuer signed them. */
export const refusedClaims: readonly RefusedClaims[] = [
  ["no iss", "missing_claim", { iss: undefined }],
  ["iss of nobody", "untrusted_issuer", { iss: null }],
  ["iss of a stranger", "untrusted_issuer", { iss: "https://evil.example" }],
  ["iss of a sibling", "untrusted_issuer", {
    iss: "http://localhost:9000/tenant2",
  }],
  ["iss of the whole host", "untrusted_issuer", {
    iss: "http://localhost:9000",
  }],
  ["iss with a slash", "untrusted_issuer", { iss: `${ISSUER}/` }],
  ["iss in other letters", "untrusted_issuer", {
    iss: "http://LOCALHOST:9000/tenant1",
  }],
  ["iss in a list", "untrusted_issuer", { iss: [ISSUER] }],
  ["iss of __proto__", "untrusted_issuer", { iss: "__proto__" }],

  ["no aud", "missing_claim", { aud: undefined }],
  ["aud of nobody", "wrong_audience", { aud: null }],
  ["aud of another resource", "wrong_audience", {
    aud: "http://localhost:8788/mcp",
  }],
  ["aud of another host", "wrong_audience", {
    aud: "http://127.0.0.1:8787/mcp",
  }],
  ["aud of the origin", "wrong_audience", { aud: "http://localhost:8787" }],
  ["aud of another scheme", "wrong_audience", {
    aud: "https://localhost:8787/mcp",
  }],
  ["aud with a slash", "wrong_audience", { aud: `${RESOURCE}/` }],
  ["aud that begins like the resource", "wrong_audience", {
    aud: `${RESOURCE}-2`,
  }],
  ["aud below the resource", "wrong_audience", { aud: `${RESOURCE}/admin` }],
  ["aud that ends like the resource", "wrong_audience", {
    aud: `https://evil.example/?${RESOURCE}`,
  }],
  ["aud with a part of the resource", "wrong_audience", {
    aud: "http://localhost:8787/m",
  }],
  ["aud with another case in its path", "wrong_audience", {
    aud: "http://localhost:8787/MCP",
  }],
  ["aud with an escape in its path", "wrong_audience", {
    aud: "http://localhost:8787/%6dcp",
  }],
  ["aud with dots in its path", "wrong_audience", {
    aud: "http://localhost:8787/x/../mcp",
  }],
  ["aud with a query", "wrong_audience", { aud: `${RESOURCE}?` }],
  ["aud with a fragment", "wrong_audience", { aud: `${RESOURCE}#` }],
  ["aud with a user's name", "wrong_audience", {
    aud: "http://evil@localhost:8787/mcp",
  }],
  ["aud with a tab", "wrong_audience", { aud: "http://localhost:8787\t/mcp" }],
  ["aud with white space around it", "wrong_audience", { aud: ` ${RESOURCE}` }],
  ["aud with backslashes", "wrong_audience", {
    aud: "http:\\\\localhost:8787\\mcp",
  }],
  ["two in one aud", "wrong_audience", {
    aud: `${RESOURCE} https://evil.example`,
  }],
  ["an empty aud", "wrong_audience", { aud: "" }],
  ["an empty list of aud", "wrong_audience", { aud: [] }],
  ["aud in a list in a list", "wrong_audience", { aud: [[RESOURCE]] }],
  ["aud in an object", "wrong_audience", { aud: { 0: RESOURCE } }],
  ["aud of true", "wrong_audience", { aud: true }],
  ["aud of a number", "wrong_audience", { aud: 8787 }],
  ["aud of the client alone", "wrong_audience", {
    aud: ["client-1", "account"],
  }],

  ["no exp", "missing_claim", { exp: undefined }],
  ["exp of null", "expired", { exp: null }],
  ["exp of a string", "expired", { exp: "9999999999" }],
  ["exp of a date", "expired", { exp: "2099-01-01T00:00:00Z" }],
  ["exp in a list", "expired", { exp: [9_999_999_999] }],
  ["exp of true", "expired", { exp: true }],
  ["exp of zero", "expired", { exp: 0 }],
  ["exp before 1970", "expired", { exp: -1 }],
  ["exp 30 s ago", "expired", { exp: NOW - 30 }],
  ["exp long ago", "expired", { exp: NOW - 86_400 }],

  ["nbf in 31 s", "not_yet_valid", { nbf: NOW + 31 }],
  ["nbf in 30.001 s", "not_yet_valid", { nbf: NOW + 30.001 }],
  ["nbf of a string", "not_yet_valid", { nbf: "0" }],
  ["nbf of null", "not_yet_valid", { nbf: null }],
  ["nbf in milliseconds", "not_yet_valid", { nbf: NOW * 1000 }],
  ["iat in 31 s", "not_yet_valid", { iat: NOW + 31 }],
  ["iat in 30.001 s", "not_yet_valid", { iat: NOW + 30.001 }],
  ["iat of a string", "not_yet_valid", { iat: `${NOW}` }],
  ["iat in milliseconds", "not_yet_valid", { iat: NOW * 1000 }],

  ["cnf of a DPoP key", "unsupported_confirmation", { cnf: { jkt: "x" } }],
  ["cnf of a certificate", "unsupported_confirmation", {
    cnf: { "x5t#S256": "x" },
  }],
  ["cnf of a kind that nobody knows", "unsupported_confirmation", {
    cnf: { y: "x" },
  }],
  ["cnf of nothing", "unsupported_confirmation", { cnf: {} }],
  ["cnf of null", "unsupported_confirmation", { cnf: null }],
  ["cnf of false", "unsupported_confirmation", { cnf: false }],
];

async function encrypted(): Promise<string> {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  return await new CompactEncrypt(
    new TextEncoder().encode(JSON.stringify(issuer.claims())),
  ).setProtectedHeader({ alg: "dir", enc: "A256GCM", typ: "at+jwt" })
    .encrypt(secret);
}

async function flattened(): Promise<string> {
  const { alg, privateKey } = keyOf("ES256");
  return JSON.stringify(
    await new FlattenedSign(
      new TextEncoder().encode(JSON.stringify(issuer.claims())),
    ).setProtectedHeader({ alg, kid: "ES256" }).sign(privateKey),
  );
}

async function notUrlSafe(): Promise<string> {
  for (let jti = 0;; jti++) { // where signatures are deterministic, another token has another one
    const token = await forge(HEADER, { ...issuer.claims(), jti: `${jti}` });
    const [, , signature] = token.split(".");
    if (!/[-_]/.test(signature!)) continue;
    const base64 = signature!.replace(/-/g, "+").replace(/_/g, "/");
    return token.replace(/[^.]*$/, base64);
  }
}

/** JSON with a byte that no UTF-8 has, where there was a question mark. */
function notUtf8(value: object): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return segment(bytes.map((byte) => byte === 0x3f ? 0xff : byte));
}

/** The same bytes, with other bits in the part of the last character that counts for nothing. */
function respell(text: string): string {
  const alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)!) + 1];
}

/** Claims whose bytes, divided by three, leave this rest. */
function padded(rest: number): string {
  let text = JSON.stringify(issuer.claims());
  while (text.length % 3 !== rest) text += " ";
  return text;
}

async function changed(
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const [header, , signature] = (await forge(HEADER)).split(".");
  return `${header}.${segment({ ...issuer.claims(), ...claims })}.${signature}`;
}

async function hmac(
  alg: string,
  secret: string,
  kid: string | undefined,
): Promise<string> {
  return await new CompactSign(
    new TextEncoder().encode(JSON.stringify(issuer.claims())),
  ).setProtectedHeader({ alg, ...(kid && { kid }), typ: "at+jwt" })
    .sign(new TextEncoder().encode(secret));
}

async function pem(kid: string): Promise<string> {
  const { alg, jwk } = keyOf(kid);
  return await exportSPKI(
    await importJWK(jwk, alg, { extractable: true }) as CryptoKey,
  );
}

async function encryptionKey(): Promise<TestKey> {
  const key = await testKey("ES256", "enc");
  return { ...key, jwk: { ...key.jwk, use: "enc" } };
}

/** jose makes none that is so short. */
async function shortKey(): Promise<TestKey> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 1024,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    },
    true,
    ["sign", "verify"],
  );
  const jwk = { ...await exportJWK(publicKey), kid: "short", alg: "RS256" };
  return { alg: "RS256", kid: "short", privateKey, jwk };
}
