/** Each rule of RFC 9449 §4.3, broken alone: everything else about the request is as it should be. */
import { assert, assertEquals } from "@std/assert";
import { base64url, SignJWT } from "jose";
import { test } from "node:test";
import { testKey } from "../../src/testing/mod.ts";
import { METADATA, RESOURCE } from "../support/protected.ts";
import { assertChallenge, dpopWorld, type World } from "./world.ts";

type Attack = (world: World) => Promise<string | null>;

const TARGET = { url: RESOURCE, method: "POST" };

/** A proof with other claims, or another header. */
function altered(
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Attack {
  return ({ holder, token }) =>
    holder.proof({ ...TARGET, token }, claims, header);
}

/** A proof whose segments are changed after it was signed. */
function edited(edit: (segments: string[]) => string): Attack {
  return async ({ proof }) => edit((await proof()).split("."));
}

function encode(value: unknown): string {
  return base64url.encode(JSON.stringify(value));
}

function seconds({ network }: World): number {
  return network.now() / 1000;
}

const other = await testKey("ES256");
const rsa = await testKey("RS256");
const curve384 = await testKey("ES384");

const attacks: readonly (readonly [rule: string, attack: Attack])[] = [
  ["1: no proof", () => Promise.resolve(null)],
  ["1: an empty proof", () => Promise.resolve("")],
  ["1: two proofs", async ({ proof }) => `${await proof()}, ${await proof()}`],
  ["1: the same proof twice", async ({ proof }) => {
    const one = await proof();
    return `${one},${one}`;
  }],
  ["1: a comma behind it", async ({ proof }) => `${await proof()},`],
  ["2: not a JWT", () => Promise.resolve("proof")],
  ["2: two segments", edited(([a, b]) => `${a}.${b}`)],
  ["2: four segments", edited((all) => [...all, "x"].join("."))],
  ["2: padding", edited(([a, b, c]) => `${a}.${b}.${c}==`)],
  ["2: a space within", edited(([a, b, c]) => `${a}.${b} .${c}`)],
  ["2: a header that is a list", edited(([, b, c]) => `W10.${b}.${c}`)],
  ["2: claims that are a list", edited(([a, , c]) => `${a}.W10.${c}`)],
  ["2: the scheme in front", async ({ proof }) => `DPoP ${await proof()}`],
  ["2: 16 kB", altered({ padding: "x".repeat(12_000) })],
  [
    "2: an extension (crit)",
    async ({ holder, token }) =>
      await new SignJWT(await claimsOf({ holder, token }))
        .setProtectedHeader({
          typ: "dpop+jwt",
          alg: "ES256",
          jwk: publicHalf(holder.key.jwk),
          crit: ["x"],
          x: 1,
        })
        .sign(holder.key.privateKey, { crit: { x: true } }),
  ],
  ["3: no jti", altered({ jti: undefined })],
  ["3: an empty jti", altered({ jti: "" })],
  ["3: a jti that is a number", altered({ jti: 1 })],
  ["3: a jti of 257 characters", altered({ jti: "x".repeat(257) })],
  ["3: no htm", altered({ htm: undefined })],
  ["3: no htu", altered({ htu: undefined })],
  ["3: no iat", altered({ iat: undefined })],
  ["3: an iat that is a string", altered({ iat: "1" })],
  ["3: no ath", altered({ ath: undefined })],
  ["4: no typ", altered({}, { typ: undefined })],
  ["4: typ JWT", altered({}, { typ: "JWT" })],
  ["4: typ of an access token", altered({}, { typ: "at+jwt" })],
  ["4: typ in a list", altered({}, { typ: ["dpop+jwt"] })],
  [
    "5: alg none",
    edited(([head, b, c]) => {
      const header = JSON.parse(atob(head!));
      return `${encode({ ...header, alg: "none" })}.${b}.${c}`;
    }),
  ],
  [
    "5: alg none, unsigned",
    edited(([head, b]) => {
      const header = JSON.parse(atob(head!));
      return `${encode({ ...header, alg: "none" })}.${b}.`;
    }),
  ],
  ["5: HS256 with the public key as the secret", async (world) => {
    const { holder, proof } = world;
    const [, payload] = (await proof()).split(".");
    const jwk = { kty: "oct", k: encode(holder.key.jwk) };
    return await new SignJWT(JSON.parse(atob(payload!)))
      .setProtectedHeader({ typ: "dpop+jwt", alg: "HS256", jwk })
      .sign(base64url.decode(jwk.k));
  }],
  ["5: an algorithm that is not in the metadata", signedBy(rsa)],
  ["5: a curve that is not in the metadata", signedBy(curve384)],
  [
    "6: another key's signature",
    async ({ holder, token }) =>
      await new SignJWT(await claimsOf({ holder, token }))
        .setProtectedHeader({
          typ: "dpop+jwt",
          alg: "ES256",
          jwk: publicHalf(holder.key.jwk),
        })
        .sign(other.privateKey),
  ],
  ["6: no jwk", altered({}, { jwk: undefined })],
  ["6: a jwk that is a string", altered({}, { jwk: "x" })],
  ["6: a jwk that is empty", altered({}, { jwk: {} })],
  ["6: a jwk of another type", altered({}, { jwk: { kty: "RSA", n: "AQ" } })],
  ["6: a key by its URL", altered({}, { jwk: undefined, jku: "https://x" })],
  [
    "6: claims that were changed",
    edited(([a, b, c]) => {
      const claims = JSON.parse(atob(b!));
      return `${a}.${encode({ ...claims, jti: "another" })}.${c}`;
    }),
  ],
  [
    "7: a private key",
    ({ holder, token }) =>
      holder.proof({ ...TARGET, token }, {}, {
        jwk: { ...publicHalf(holder.key.jwk), d: "AAAA" },
      }),
  ],
  [
    "7: a part of a private key",
    ({ holder, token }) =>
      holder.proof({ ...TARGET, token }, {}, {
        jwk: { ...publicHalf(holder.key.jwk), qi: "AAAA" },
      }),
  ],
  ["8: another method", altered({ htm: "GET" })],
  ["8: the method in lower case", altered({ htm: "post" })],
  ["8: a list of methods", altered({ htm: ["POST"] })],
  ["9: another path", altered({ htu: `${RESOURCE}2` })],
  ["9: a path below", altered({ htu: `${RESOURCE}/a` })],
  ["9: a slash behind it", altered({ htu: `${RESOURCE}/` })],
  ["9: the path alone", altered({ htu: "/mcp" })],
  ["9: another scheme", altered({ htu: RESOURCE.replace("http", "https") })],
  ["9: another port", altered({ htu: RESOURCE.replace("8787", "8788") })],
  ["9: another host", altered({ htu: "http://evil.example:8787/mcp" })],
  [
    "9: a user before the host",
    altered({ htu: "http://a@localhost:8787/mcp" }),
  ],
  ["9: the path in another case", altered({ htu: RESOURCE.toUpperCase() })],
  ["9: backslashes", altered({ htu: "http:\\\\localhost:8787\\mcp" })],
  ["9: white space", altered({ htu: ` ${RESOURCE}` })],
  ["9: a list of URLs", altered({ htu: [RESOURCE] })],
  ["9: an empty string", altered({ htu: "" })],
  [
    "11: 61 seconds old",
    (world) => altered({ iat: seconds(world) - 61 })(world),
  ],
  [
    "11: 61 seconds ahead",
    (world) => altered({ iat: seconds(world) + 61 })(world),
  ],
  [
    "11: 5 minutes old",
    (world) => altered({ iat: seconds(world) - 300 })(world),
  ],
  [
    "11: 5 minutes ahead",
    (world) => altered({ iat: seconds(world) + 300 })(world),
  ],
  [
    "11: in milliseconds",
    (world) => altered({ iat: seconds(world) * 1000 })(world),
  ],
  [
    "11: an exp in the past",
    (world) => altered({ exp: seconds(world) - 1 })(world),
  ],
  [
    "12: another token's hash",
    ({ holder }) => holder.proof({ ...TARGET, token: "another" }),
  ],
  [
    "12: the token itself as ath",
    ({ holder, token }) => holder.proof({ ...TARGET, token }, { ath: token }),
  ],
];

for (const [rule, attack] of attacks) {
  for (const mode of ["optional", "required"] as const) {
    test(`dpop() in ${mode} mode rejects a proof that breaks rule ${rule}`, async () => {
      const world = await dpopWorld({ mode });
      const { send, calls, decisions } = world;
      const response = await send({ proof: await attack(world) });
      assertChallenge(response, "dpop", 401, "invalid_dpop_proof");
      assertEquals(calls.length, 0);
      const decision = decisions.at(-1);
      assert(decision?.outcome === "refused");
      assertEquals(decision.reason, "invalid_proof");
    });
  }
}

test("dpop() rejects a forged proof by a key that has signed others", async () => {
  const { send, proof } = await dpopWorld();
  for (let i = 0; i < 2; i++) {
    assertEquals((await send()).status, 200);
    const [header, claims] = (await proof()).split(".");
    const [, , signature] = (await proof()).split(".");
    const response = await send({ proof: `${header}.${claims}.${signature}` });
    assertChallenge(response, "dpop", 401, "invalid_dpop_proof");
  }
});

test("a decision about another htu has its path, and not the query, where a token may be", async () => {
  const { send, holder, token, decisions } = await dpopWorld();
  const proof = await holder.proof({ ...TARGET, token }, {
    htu: `${RESOURCE}2?access_token=${token}#x`,
  });
  await send({ proof });
  const decision = decisions.at(-1);
  assert(decision?.outcome === "refused");
  assertEquals(decision.received, [`${RESOURCE}2`]);
});

test("dpop() rejects two DPoP headers", async () => {
  const { token, proof, handle, decisions } = await dpopWorld();
  const headers = new Headers({ authorization: `DPoP ${token}` });
  headers.append("dpop", await proof());
  headers.append("dpop", await proof());
  const response = await handle(
    new Request(RESOURCE, { method: "POST", headers }),
  );
  assertChallenge(response, "dpop", 401, "invalid_dpop_proof");
  const decision = decisions.at(-1);
  assert(decision?.outcome === "refused");
  assertEquals(decision.expected, ["one DPoP header"]);
});

const accepted: readonly (readonly [why: string, attack: Attack])[] = [
  ["20 seconds old", (world) => altered({ iat: seconds(world) - 20 })(world)],
  ["60 seconds old", (world) => altered({ iat: seconds(world) - 60 })(world)],
  ["3 seconds ahead", (world) => altered({ iat: seconds(world) + 3 })(world)],
  ["with a jti of 256 characters", altered({ jti: "x".repeat(256) })],
  ["with claims that nobody knows", altered({ scope: "x" })],
  ["with a query in htu", altered({ htu: `${RESOURCE}?a=b` })],
  ["with a fragment in htu", altered({ htu: `${RESOURCE}#a` })],
  [
    "with the host in upper case",
    altered({ htu: "HTTP://LOCALHOST:8787/mcp" }),
  ],
  ["with a needless escape", altered({ htu: "http://localhost:8787/%6dcp" })],
  ["with a nonce that nobody asked for", altered({ nonce: "x" })],
];

for (const [why, make] of accepted) {
  test(`dpop() accepts a proof ${why}`, async () => {
    const world = await dpopWorld();
    assertEquals((await world.send({ proof: await make(world) })).status, 200);
  });
}

const urls: readonly (readonly [
  why: string,
  resource: string,
  path: string | undefined,
  requested: string,
  htu: string,
  isAccepted: boolean,
])[] = [
  [
    "the resource",
    "https://h/mcp",
    undefined,
    "https://h/mcp",
    "https://h/mcp",
    true,
  ],
  [
    "its default port",
    "https://h:443/mcp",
    undefined,
    "https://h/mcp",
    "https://h/mcp",
    true,
  ],
  [
    "a default port in htu",
    "https://h/mcp",
    undefined,
    "https://h/mcp",
    "https://h:443/mcp",
    true,
  ],
  ["an origin", "https://h", undefined, "https://h/", "https://h", true],
  [
    "an origin with a slash",
    "https://h",
    undefined,
    "https://h/",
    "https://h/",
    true,
  ],
  [
    "a slash at the end",
    "https://h/mcp/",
    undefined,
    "https://h/mcp/",
    "https://h/mcp/",
    true,
  ],
  [
    "a request with a query",
    "https://h/mcp",
    undefined,
    "https://h/mcp?a=b",
    "https://h/mcp",
    true,
  ],
  [
    "a path below",
    "https://h/mcp",
    undefined,
    "https://h/mcp/a",
    "https://h/mcp/a",
    true,
  ],
  [
    "the resource for a path below",
    "https://h/mcp",
    undefined,
    "https://h/mcp/a",
    "https://h/mcp",
    false,
  ],
  [
    "an escape in another case",
    "https://h/mcp",
    undefined,
    "https://h/mcp/%C3%BC",
    "https://h/mcp/%c3%bc",
    true,
  ],
  [
    "the public host behind a proxy",
    "https://h/mcp",
    undefined,
    "http://10.0.0.1:8080/mcp",
    "https://h/mcp",
    true,
  ],
  [
    "the internal host behind a proxy",
    "https://h/mcp",
    undefined,
    "http://10.0.0.1:8080/mcp",
    "http://10.0.0.1:8080/mcp",
    false,
  ],
  [
    "the public path, of which a proxy strips a part",
    "https://h/a/mcp",
    "/mcp",
    "https://h/mcp/b",
    "https://h/a/mcp/b",
    true,
  ],
  [
    "the path behind such a proxy",
    "https://h/a/mcp",
    "/mcp",
    "https://h/mcp/b",
    "https://h/mcp/b",
    false,
  ],
  [
    "the public path, stripped whole",
    "https://h/mcp",
    "",
    "https://h/b",
    "https://h/mcp/b",
    true,
  ],
];

for (const [why, resource, path, url, htu, isAccepted] of urls) {
  test(`dpop() ${isAccepted ? "accepts" : "rejects"} as htu ${why}`, async () => {
    const { issuer, handle, holder } = await dpopWorld({}, {
      metadata: { ...METADATA, resource },
      ...(path !== undefined && { path }),
    });
    const token = await issuer.token({ aud: resource, cnf: holder.cnf });
    const response = await handle(
      new Request(url, {
        headers: {
          authorization: `DPoP ${token}`,
          // What a client could choose.
          host: "evil.example",
          "x-forwarded-host": "evil.example",
          "x-forwarded-proto": "http",
          dpop: await holder.proof({ url, token }, { htu }),
        },
      }),
    );
    assertEquals(response.status, isAccepted ? 200 : 401);
  });
}

/** A proof by another key of the client, in the algorithm of that key. */
function signedBy({ alg, privateKey, jwk }: typeof rsa): Attack {
  return async ({ holder, token }) =>
    await new SignJWT(await claimsOf({ holder, token }))
      .setProtectedHeader({ typ: "dpop+jwt", alg, jwk: publicHalf(jwk) })
      .sign(privateKey);
}

async function claimsOf(
  { holder, token }: Pick<World, "holder" | "token">,
): Promise<Record<string, unknown>> {
  const [, payload] = (await holder.proof({ ...TARGET, token })).split(".");
  return JSON.parse(atob(payload!.replaceAll("-", "+").replaceAll("_", "/")));
}

function publicHalf(
  { kty, crv, x, y, n, e }: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const members = { kty, crv, x, y, n, e };
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  );
}
