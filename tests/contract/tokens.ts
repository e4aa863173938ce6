/**
 * Which tokens are access tokens for this resource, now (RFC 9068, RFC 8725), and which only look like it.
 *
 * @module
 */
import { base64url, CompactEncrypt } from "jose";
import { assertEquals } from "@std/assert";
import type { Expectation, Server } from "./expectation.ts";
import {
  type Algorithm,
  newKey,
  segment,
  sign,
  startIssuer,
  type TokenOptions,
} from "./issuer.ts";
import {
  assertChallenge,
  assertKeepsSecret,
  callTool,
  toolText,
} from "./messages.ts";

/** A token that shall be tried, or how it differs from a good one. */
type Trial = (server: Server) => TokenOptions | Promise<string>;

const ALGORITHMS: readonly Algorithm[] = [
  "RS256",
  "PS256",
  "ES256",
  "ES384",
  "EdDSA",
];

const ACCEPTED: readonly (readonly [why: string, trial: Trial])[] = [
  ...ALGORITHMS.map((alg) => [`signed with ${alg}`, () => ({ alg })] as const),
  ["with typ AT+JWT", () => ({ header: { typ: "AT+JWT" } })],
  ["with typ application/at+jwt", () => ({
    header: { typ: "application/at+jwt" },
  })],
  ["with typ JWT, as most issuers write", () => ({ header: { typ: "JWT" } })],
  ["without typ", () => ({ header: { typ: undefined } })],
  ["without kid, where its algorithm names one key", () => ({
    header: { kid: undefined },
  })],
  ["for several audiences, this one among them", ({ resource }) => ({
    claims: { aud: ["https://other.example", resource] },
  })],
  ["for this audience, its host in upper case", ({ resource }) => ({
    claims: { aud: resource.replace("http://localhost", "HTTP://LOCALHOST") },
  })],
  ["that ends in the year 31690000", () => ({ claims: { exp: 1e15 } })],
  ["that begins now, by a clock 5 s ahead", () => ({
    claims: { nbf: seconds(5), iat: seconds(5) },
  })],
  [
    "with no more than what is needed",
    ({ issuer, resource }) =>
      sign(issuer.key("ES256"), { alg: "ES256" }, {
        iss: issuer.identifier,
        aud: resource,
        exp: seconds(60),
      }),
  ],
  ["with claims that nobody knows", () => ({
    claims: { "urn:x": { deep: [[[]]] }, nonce: "n" },
  })],
];

const NO_SIGNATURE: readonly (readonly [why: string, trial: Trial])[] = [
  ...["none", "None", "nOnE"].map((alg) =>
    [`with alg ${alg} and no signature`, async (server: Server) => {
      const [, payload] = (await server.token("")).split(".");
      return `${segment({ alg, typ: "at+jwt" })}.${payload}.`;
    }] as const
  ),
  ["with alg none and a signature", () => ({ header: { alg: "none" } })],
  ["with no alg", () => ({ header: { alg: undefined } })],
  ["with alg in lower case", () => ({ header: { alg: "es256" } })],
  [
    "with HS256 under the public key (RFC 8725 §2.1)",
    (server) => confused(server, "RS256"),
  ],
  [
    "with HS256 under the public key, which names no kid",
    (server) => confused(server, "RS256", { kid: undefined }),
  ],
  ["with an algorithm that is not the key's", ({ issuer }) => ({
    header: { alg: "RS256", kid: issuer.key("PS256").kid },
    alg: "RS256",
  })],
  ["with another key's kid", ({ issuer }) => ({
    header: { kid: issuer.key("ES384").kid },
  })],
  ["with a kid that the issuer does not have", () => ({
    header: { kid: "unknown" },
  })],
  ["with a kid that is a path", () => ({ header: { kid: "../../dev/null" } })],
  ["with a kid that is not text", () => ({ header: { kid: 1 } })],
  ["with a kid that is a prototype's", () => ({
    header: { kid: "__proto__" },
  })],
  [
    "signed by somebody else under the issuer's kid",
    async (server) =>
      server.token("", {
        key: await newKey("ES256"),
        header: { kid: server.issuer.key("ES256").kid },
      }),
  ],
  ["with somebody else's key in it (jwk)", async (server) => {
    const key = await newKey("ES256");
    const { publicJwk: jwk } = key;
    return await server.token("", { key, header: { jwk, kid: undefined } });
  }],
  [
    "with somebody else's certificate in it (x5c)",
    async (server) =>
      server.token("", {
        key: await newKey("ES256"),
        header: { x5c: ["MIIB"], x5t: "x" },
      }),
  ],
  [
    "with its last signature bit set, which base64url ignores",
    (server) =>
      tampered(server, (signature) => {
        const last =
          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        const index = last.indexOf(signature.at(-1)!);
        return `${signature.slice(0, -1)}${last[index + 1]}`;
      }),
  ],
  [
    "with another signature",
    (server) =>
      tampered(
        server,
        (signature) =>
          `${signature[0] === "A" ? "B" : "A"}${signature.slice(1)}`,
      ),
  ],
  [
    "with half a signature",
    (server) => tampered(server, (signature) => signature.slice(0, 43)),
  ],
  ["with an empty signature", (server) => tampered(server, () => "")],
  [
    "with a signature of zeroes (CVE-2022-21449)",
    (server) => tampered(server, () => base64url.encode(new Uint8Array(64))),
  ],
  [
    "with padding",
    (server) => tampered(server, (signature) => `${signature}==`),
  ],
  ["whose claims were changed", async (server) => {
    const [header, , signature] = (await server.token("")).split(".");
    const [, payload] = (await server.token("notes:admin")).split(".");
    return [header, payload, signature].join(".");
  }],
];

const NO_JWT: readonly (readonly [why: string, trial: Trial])[] = [
  ["that is opaque", () => Promise.resolve("0123456789abcdef")],
  [
    "of two segments",
    (server) => reshaped(server, (segments) => segments.slice(0, 2)),
  ],
  [
    "of four segments",
    (server) => reshaped(server, (segments) => [...segments, "e30"]),
  ],
  ["of empty segments", () => Promise.resolve("..")],
  [
    "whose header is not JSON",
    ({ issuer }) => sign(issuer.key("ES256"), "not JSON", {}),
  ],
  ["whose header is a list", ({ issuer }) => sign(issuer.key("ES256"), [], {})],
  [
    "whose payload is not JSON",
    ({ issuer }) =>
      sign(issuer.key("ES256"), headerOf(issuer.key("ES256").kid), "not JSON"),
  ],
  [
    "whose payload is a list",
    ({ issuer }) =>
      sign(issuer.key("ES256"), headerOf(issuer.key("ES256").kid), []),
  ],
  [
    "whose payload is null",
    ({ issuer }) =>
      sign(issuer.key("ES256"), headerOf(issuer.key("ES256").kid), "null"),
  ],
  [
    "that is encrypted (JWE)",
    async (server) =>
      await new CompactEncrypt(new TextEncoder().encode(await server.token("")))
        .setProtectedHeader({ alg: "dir", enc: "A256GCM", cty: "JWT" })
        .encrypt(new Uint8Array(32)),
  ],
  ["that is compressed", () => ({ header: { zip: "DEF" } })],
  ["with an extension that must be understood (crit)", () => ({
    header: { crit: ["urn:x"], "urn:x": true },
  })],
  ["with an empty list of extensions", () => ({ header: { crit: [] } })],
  ["with an unencoded payload (RFC 7797)", () => ({
    header: { crit: ["b64"], b64: false },
  })],
];

const NOT_FOR_US: readonly (readonly [why: string, trial: Trial])[] = [
  ["of nobody", () => ({ claims: { iss: undefined } })],
  ["of another issuer", () => ({ claims: { iss: "https://evil.example" } })],
  ["of another tenant, which has the same keys", ({ issuer }) => ({
    claims: { iss: issuer.sibling },
  })],
  ["of the issuer with a slash", ({ issuer }) => ({
    claims: { iss: `${issuer.identifier}/` },
  })],
  ["of the issuer in upper case", ({ issuer }) => ({
    claims: { iss: issuer.identifier.toUpperCase() },
  })],
  ["of a list with the issuer in it", ({ issuer }) => ({
    claims: { iss: [issuer.identifier] },
  })],
  ["for nobody", () => ({ claims: { aud: undefined } })],
  ["for an empty list", () => ({ claims: { aud: [] } })],
  ["for an empty name", () => ({ claims: { aud: "" } })],
  ["for another resource", () => ({
    claims: { aud: "https://other.example/mcp" },
  })],
  ["for other resources", () => ({
    claims: { aud: ["https://other.example/mcp", "account"] },
  })],
  ["for this origin", ({ origin }) => ({ claims: { aud: origin } })],
  ["for this resource with a slash", ({ resource }) => ({
    claims: { aud: `${resource}/` },
  })],
  ["for something below this resource", ({ resource }) => ({
    claims: { aud: `${resource}/below` },
  })],
  ["for this path in upper case", ({ origin }) => ({
    claims: { aud: `${origin}/MCP` },
  })],
  ["for this resource with a query", ({ resource }) => ({
    claims: { aud: `${resource}?a=b` },
  })],
  ["for a list in a list", ({ resource }) => ({
    claims: { aud: [[resource]] },
  })],
  ["for the issuer", ({ issuer }) => ({
    claims: { aud: issuer.identifier },
  })],
  ["for its client, as ID tokens are", () => ({ claims: { aud: "contract" } })],
];

const NOT_NOW: readonly (readonly [why: string, trial: Trial])[] = [
  ["that expired two minutes ago", () => ({ claims: { exp: seconds(-120) } })],
  ["that never expires", () => ({ claims: { exp: undefined } })],
  ["whose exp is text", () => ({ claims: { exp: `${seconds(600)}` } })],
  ["whose exp is null", () => ({ claims: { exp: null } })],
  ["whose exp is in milliseconds of 1970", () => ({ claims: { exp: 1 } })],
  ["that begins in two minutes (nbf)", () => ({
    claims: { nbf: seconds(120) },
  })],
  ["whose nbf is text", () => ({ claims: { nbf: "0" } })],
  ["that is issued in two minutes (iat)", () => ({
    claims: { iat: seconds(120) },
  })],
];

const OTHER_KINDS: readonly (readonly [why: string, trial: Trial])[] = [
  ...[
    "logout+jwt",
    "dpop+jwt",
    "oauth-id-jag+jwt",
    "token-introspection+jwt",
    "secevent+jwt",
    "client-authentication+jwt",
    "oauth-authz-req+jwt",
    "kb+jwt",
    "JOSE",
    "",
  ].map((typ) =>
    [`with typ ${JSON.stringify(typ)}`, () => ({ header: { typ } })] as const
  ),
  ["with typ that is not text", () => ({ header: { typ: ["at+jwt"] } })],
  ["that looks like an ID token (at_hash)", () => ({
    header: { typ: "JWT" },
    claims: { at_hash: "x", nonce: "n" },
  })],
  ["that looks like an ID token (c_hash)", () => ({
    header: { typ: undefined },
    claims: { c_hash: "x", nonce: "n" },
  })],
  ["that is an ID token of Cognito", () => ({
    header: { typ: undefined },
    claims: { token_use: "id" },
  })],
  ["that is an ID token of Keycloak", () => ({
    header: { typ: "JWT" },
    claims: { typ: "ID" },
  })],
  ["that is a refresh token of Keycloak", () => ({
    header: { typ: "JWT" },
    claims: { typ: "Refresh" },
  })],
  ["that is a logout token", () => ({
    header: { typ: "JWT" },
    claims: {
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    },
  })],
  ["that is bound to a key (DPoP)", () => ({
    claims: { cnf: { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } },
  })],
  ["that is bound to a certificate", () => ({
    claims: {
      cnf: { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" },
    },
  })],
  ["that is bound in a way that nobody knows", () => ({
    claims: { cnf: { unknown: "x" } },
  })],
  ["that is bound to nothing", () => ({ claims: { cnf: {} } })],
];

export const tokens: readonly Expectation[] = [
  {
    // On Cloudflare Workers a request cannot await what another one began.
    name:
      "tokens: the first forty at once, by every algorithm, are accepted by one reading of the keys",
    check: async (first): Promise<void> => {
      const issuer = await startIssuer({
        document: "oauth-authorization-server",
        algorithms: ALGORITHMS,
      });
      const server = await first.startAnother(issuer);
      issuer.delay(300);
      const tokens = await Promise.all(
        Array.from(
          { length: 40 },
          (_, i) =>
            server.token("", { alg: ALGORITHMS[i % ALGORITHMS.length]! }),
        ),
      );
      const answers = await Promise.all(
        tokens.map((token) => callTool(server, "whoami", { token })),
      );
      for (const answer of answers) toolText(answer);
      assertEquals(issuer.requests("/jwks"), 1);
    },
  },
  ...ACCEPTED.map(([why, trial]): Expectation => ({
    name: `tokens: one ${why} is accepted`,
    check: async (server): Promise<void> => {
      const token = await make(server, trial);
      toolText(await callTool(server, "whoami", { token }));
    },
  })),
  ...[NO_SIGNATURE, NO_JWT, NOT_FOR_US, NOT_NOW, OTHER_KINDS].flat().map((
    [why, trial],
  ): Expectation => ({
    name: `tokens: one ${why} is refused`,
    check: async (server): Promise<void> => {
      const token = await make(server, trial);
      const answer = await callTool(server, "whoami", { token });
      const expected = { status: 401, error: "invalid_token" } as const;
      assertChallenge(answer, server, expected);
      assertKeepsSecret(answer, token);
    },
  })),
  {
    name: "tokens: one that was good is judged again with every request",
    check: async (server): Promise<void> => {
      const token = await server.token("");
      toolText(await callTool(server, "whoami", { token }));
      const again = await callTool(server, "list_notes", { token });
      const expected = { status: 403, error: "insufficient_scope" } as const;
      assertChallenge(again, server, expected);
      const [header, payload] = token.split(".");
      const forged = `${header}.${payload}.${"A".repeat(86)}`;
      const answer = await callTool(server, "whoami", { token: forged });
      assertEquals(answer.status, 401);
    },
  },
  {
    name:
      "tokens: one that expires stops working, within the clocks' tolerance",
    check: async (server): Promise<void> => {
      // Nobody can wait for a token to end. This one has ended, and the tolerance has not.
      const token = await server.token("", { claims: { exp: seconds(-1) } });
      toolText(await callTool(server, "whoami", { token }));
      const late = await server.token("", { claims: { exp: seconds(-61) } });
      const answer = await callTool(server, "whoami", { token: late });
      const expected = { status: 401, error: "invalid_token" } as const;
      assertChallenge(answer, server, expected);
    },
  },
  {
    name: "tokens: nothing in one makes the server fetch anything",
    check: async (server): Promise<void> => {
      const { issuer } = server;
      const key = await newKey("ES256");
      for (
        const options of [
          { key, header: { jku: issuer.attackerJwksUri } },
          { key, header: { jku: issuer.attackerJwksUri, kid: undefined } },
          { key, header: { x5u: issuer.attackerJwksUri } },
          { claims: { iss: issuer.sibling } },
        ]
      ) {
        const token = await server.token("", options);
        const answer = await callTool(server, "whoami", { token });
        assertEquals(answer.status, 401);
      }
      assertEquals(issuer.requests("attacker"), 0);
      assertEquals(issuer.requests(new URL(issuer.sibling).pathname), 0);
    },
  },
];

async function make(server: Server, trial: Trial): Promise<string> {
  const made = trial(server);
  return made instanceof Promise ? await made : await server.token("", made);
}

function seconds(fromNow: number): number {
  return Math.floor(Date.now() / 1000) + fromNow;
}

function headerOf(kid: string): unknown {
  return { alg: "ES256", kid, typ: "at+jwt" };
}

async function tampered(
  server: Server,
  edit: (signature: string) => string,
): Promise<string> {
  const [header, payload, signature] = (await server.token("")).split(".");
  return [header, payload, edit(signature!)].join(".");
}

async function reshaped(
  server: Server,
  edit: (segments: readonly string[]) => readonly string[],
): Promise<string> {
  return edit((await server.token("")).split(".")).join(".");
}

/** A MAC made with what everyone knows: the public key, as text. */
async function confused(
  server: Server,
  alg: Algorithm,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { kid, publicJwk } = server.issuer.key(alg);
  const [, payload] = (await server.token("")).split(".");
  const input = `${
    segment({ alg: "HS256", typ: "at+jwt", kid, ...header })
  }.${payload}`;
  const secret = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(JSON.stringify(publicJwk)),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = await crypto.subtle.sign(
    "HMAC",
    secret,
    new TextEncoder().encode(input),
  );
  return `${input}.${base64url.encode(new Uint8Array(mac))}`;
}
