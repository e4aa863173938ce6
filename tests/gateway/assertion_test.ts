import {
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { createLocalJWKSet, type JWTPayload, jwtVerify } from "jose";
import { after, test } from "node:test";
import { assertionKeys, forwardTo } from "../../src/gateway/mod.ts";
import type { Members } from "../../src/testing/mod.ts";
import { gate, ISSUER, RESOURCE, SECRET } from "./gated.ts";
import { rawUpstream, valueOf } from "./raw_upstream.ts";

const upstream = await rawUpstream();
after(() => upstream.close());

const HEADER = "x-gatehouse-assertion";
const OTHER_SECRET = "ffffffffffffffffffffffffffffffff";

async function assertionFor(
  claims: Members = {},
  secrets: readonly string[] = [SECRET],
): Promise<string> {
  const { ask } = await gate(upstream.url, { secrets });
  await ask({ claims, headers: { [HEADER]: "forged" } });
  return valueOf(upstream.requests.at(-1)!.headers, HEADER) ?? "";
}

async function verify(
  assertion: string,
  secrets: readonly string[] = [SECRET],
): Promise<JWTPayload> {
  const { keys } = await assertionKeys(secrets);
  const { payload } = await jwtVerify(
    assertion,
    createLocalJWKSet({ keys: [...keys] }),
    { issuer: RESOURCE, audience: upstream.url, algorithms: ["EdDSA"] },
  );
  return payload;
}

test("forwardTo() asserts who calls, to the upstream alone, for a minute", async () => {
  const { iat, exp, ...claims } = await verify(
    await assertionFor({
      sub: "ada\n",
      scope: "notes:read notes:write",
      email: "ada@example.com",
      groups: ["a,b"],
    }),
  );
  assertEquals(claims, {
    iss: RESOURCE,
    aud: upstream.url,
    sub: "ada\n",
    subject_issuer: ISSUER,
    client_id: "client-1",
    scope: "notes:read notes:write",
    email: "ada@example.com",
    groups: ["a,b"],
  });
  assertEquals(exp! - iat!, 60);
});

test("forwardTo() asserts no subject where the token has none", async () => {
  const { sub } = await verify(await assertionFor({ sub: undefined }));
  assertEquals(sub, undefined);
});

test("assertionKeys() are public, the same for the same secret, and those of all secrets", async () => {
  const { keys } = await assertionKeys([SECRET, OTHER_SECRET]);
  assertEquals(
    keys.map(({ kty, crv, alg, use, d }) => ({ kty, crv, alg, use, d })),
    [
      { kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig", d: undefined },
      { kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig", d: undefined },
    ],
  );
  assertEquals((await assertionKeys([SECRET])).keys[0], keys[0]);
  assertNotEquals(keys[0]!.kid, keys[1]!.kid);
});

test("an assertion is verified while its secret is one of several, and not by another secret", async () => {
  const assertion = await assertionFor({}, [SECRET]);
  await verify(assertion, [OTHER_SECRET, SECRET]);
  await assertRejects(() => verify(assertion, [OTHER_SECRET]));
});

test("forwardTo() asserts nothing without a secret, or where it is not asked to", async () => {
  const claims = { email: "ada@example.com" };
  for (
    const options of [{}, { secrets: [SECRET], identity: ["user"] as const }]
  ) {
    const { ask } = await gate(upstream.url, options);
    await ask({ claims, headers: { [HEADER]: "forged" } });
    const { headers } = upstream.requests.at(-1)!;
    assertEquals(valueOf(headers, HEADER), undefined);
    assertEquals(valueOf(headers, "x-forwarded-user"), "user-1");
    const email = "identity" in options ? undefined : claims.email;
    assertEquals(valueOf(headers, "x-forwarded-email"), email);
  }
});

for (
  const secrets of [[], [""], ["short"], [SECRET, "short"], "a".repeat(40)]
) {
  test(`forwardTo() refuses the secrets ${JSON.stringify(secrets)} without repeating them`, () => {
    const { message } = assertThrows(
      () => forwardTo(upstream.url, { secrets: secrets as string[] }),
      TypeError,
    );
    assertEquals(/short|aaaa/.test(message), false);
  });
}

test("forwardTo() asserts the same for 5 seconds, and never of another caller", async () => {
  let now = 1_800_000_000_000;
  const { ask, issuer } = await gate(upstream.url, {
    secrets: [SECRET],
    now: () => now,
  });
  const last = (): string =>
    valueOf(upstream.requests.at(-1)!.headers, HEADER) ?? "";
  const request = async (token: string): Promise<string> => {
    await ask({ headers: {}, token });
    return last();
  };
  const [ada, eve] = [
    await issuer.token({ sub: "ada" }),
    await issuer.token({ sub: "eve" }),
  ];
  await request(ada); // a token is remembered from its second use on
  const first = await request(ada);
  assertEquals(await request(ada), first);
  assertNotEquals(await request(eve), first);
  now += 5000;
  assertNotEquals(await request(ada), first);
});
