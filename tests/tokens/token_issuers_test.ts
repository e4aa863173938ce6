import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { Decision } from "../../src/decisions.ts";
import { protectResource } from "../../src/protect_resource.ts";
import type { ProtectedResourceOptions } from "../../src/options.ts";
import {
  answerJson,
  type TestIssuer,
  testIssuer,
  testNetwork,
} from "../../src/testing/mod.ts";
import { firstOf } from "../../src/tokens/first_of.ts";
import { introspectionVerifier } from "../../src/tokens/introspection_verifier.ts";
import { jwtVerifier } from "../../src/tokens/jwt_verifier.ts";
import { issuersByToken } from "../../src/tokens/token_issuers.ts";
import type { AuthInfo, Handler, IssuerRules } from "../../src/types.ts";

const RESOURCE = "https://notes.example.com/mcp";
const ADFS = "https://adfs.example.com/adfs";
const TRUST = "http://adfs.example.com/adfs/services/trust";
const ACME = "https://auth.acme.example";

type Rules = Readonly<Record<string, IssuerRules>>;

/** Trusted issuers, and which of them an `iss` names; or why they cannot be told apart. */
const named: readonly (readonly [
  why: string,
  rules: Rules,
  found: Readonly<Record<string, string>> | string,
])[] = [
  ["identifiers alone", {}, { [ADFS]: ADFS, [ACME]: ACME }],
  ["another string", { [ADFS]: { token_issuer: TRUST } }, {
    [TRUST]: ADFS,
    [ACME]: ACME,
  }],
  ["a host alone", { [ACME]: { token_issuer: "acme.com" } }, {
    [ADFS]: ADFS,
    "acme.com": ACME,
  }],
  ["the identifier itself", { [ACME]: { token_issuer: ACME } }, {
    [ADFS]: ADFS,
    [ACME]: ACME,
  }],
  ["each other's identifier", {
    [ADFS]: { token_issuer: ACME },
    [ACME]: { token_issuer: ADFS },
  }, { [ACME]: ADFS, [ADFS]: ACME }],
  [
    "one string for both",
    { [ADFS]: { token_issuer: TRUST }, [ACME]: { token_issuer: TRUST } },
    `Cannot use issuers ${ADFS} and ${ACME}: the tokens of both would have the iss ${TRUST}`,
  ],
  [
    "the other's identifier",
    { [ACME]: { token_issuer: ADFS } },
    `the tokens of both would have the iss ${ADFS}`,
  ],
  [
    "an empty string",
    { [ACME]: { token_issuer: "" } },
    `issuers["${ACME}"].token_issuer`,
  ],
  [
    "a list",
    { [ACME]: { token_issuer: ["a"] as unknown as string } },
    `issuers["${ACME}"].token_issuer`,
  ],
];

for (const [why, rules, found] of named) {
  test(`issuersByToken() tells issuers apart by ${why}${typeof found === "string" ? ", which it cannot" : ""}`, () => {
    const issuers = [ADFS, ACME];
    if (typeof found !== "string") {
      assertEquals(Object.fromEntries(issuersByToken(issuers, rules)), found);
      return;
    }
    // Whatever the rules are for.
    const options = { authorization_servers: issuers, issuers: rules };
    assertThrows(() => jwtVerifier(options), TypeError, found);
    assertThrows(
      () =>
        protectResource(() => new Response(), {
          metadata: { resource: RESOURCE, authorization_servers: issuers },
          issuers: rules,
          verifyAccessToken: () => Promise.resolve({}),
        }),
      TypeError,
      found,
    );
  });
}

test("issuersByToken() takes an issuer that is listed twice for one", () => {
  const found = issuersByToken([ACME, ACME], {
    [ACME]: { token_issuer: "acme.com" },
  });
  assertEquals([...found], [["acme.com", ACME]]);
});

interface Setup {
  readonly adfs: TestIssuer;
  readonly acme: TestIssuer;
  readonly callers: readonly AuthInfo[];
  readonly decisions: readonly Decision[];
  readonly requests: readonly string[];
  /** The status of a request with this token, or why it was refused. */
  present(token: string): Promise<string | number>;
  readonly handle: Handler;
}

/** A resource that trusts two issuers, of which one writes another `iss`, and another audience. */
async function setUp(
  options: (
    setup: Pick<Setup, "adfs" | "acme">,
  ) => Partial<ProtectedResourceOptions> = () => ({}),
): Promise<Setup> {
  const platform = testNetwork();
  const adfs = await testIssuer({ issuer: ADFS, audience: "notes", platform });
  const acme = await testIssuer({ issuer: ACME, audience: RESOURCE, platform });
  const callers: AuthInfo[] = [];
  const decisions: Decision[] = [];
  const handle = protectResource((_, { authInfo }) => {
    callers.push(authInfo);
    return new Response("Hello");
  }, {
    metadata: { resource: RESOURCE, authorization_servers: [ADFS, ACME] },
    issuers: { [ADFS]: { token_issuer: TRUST, audience: "notes" } },
    platform,
    onDecision: (decision) => void decisions.push(decision),
    ...options({ adfs, acme }),
  });
  return {
    adfs,
    acme,
    callers,
    decisions,
    requests: platform.requests,
    handle,
    async present(token): Promise<string | number> {
      const headers = { authorization: `Bearer ${token}` };
      const { status } = await handle(new Request(RESOURCE, { headers }));
      const decision = decisions.at(-1);
      return decision?.outcome === "refused" ? decision.reason : status;
    },
  };
}

test("protectResource() accepts a token by its issuer's token_issuer, and fetches nothing from that", async () => {
  const { adfs, present, callers, decisions, requests } = await setUp();
  assertEquals(await present(await adfs.token({ iss: TRUST })), 200);
  assertEquals(requests, [adfs.metadataUrl, adfs.jwksUrl]);
  const [caller] = callers;
  assertEquals(caller?.extra?.iss, TRUST);
  assertEquals((caller?.extra?.claims as { iss: string }).iss, TRUST);
  assertEquals(
    decisions.map((decision) => "issuer" in decision && decision.issuer),
    [TRUST],
  );
});

/** What a token names, and by whose key and audience, and what becomes of it. */
const presented: readonly (readonly [
  why: string,
  signer: "adfs" | "acme",
  claims: Readonly<Record<string, unknown>>,
  answer: string | number,
])[] = [
  ["the other issuer, by its identifier", "acme", {}, 200],
  ["its issuer by its identifier", "adfs", {}, "untrusted_issuer"],
  ["a token_issuer in other letters", "adfs", {
    iss: TRUST.toUpperCase(),
  }, "untrusted_issuer"],
  ["a token_issuer with a slash", "adfs", {
    iss: `${TRUST}/`,
  }, "untrusted_issuer"],
  ["a list of it", "adfs", { iss: [TRUST] }, "untrusted_issuer"],
  ["it, by the other issuer's key", "acme", {
    iss: TRUST,
    aud: "notes",
  }, "bad_signature"],
  ["it, for the other issuer's audience", "adfs", {
    iss: TRUST,
    aud: RESOURCE,
  }, "wrong_audience"],
  ["the other issuer, for its audience", "acme", {
    aud: "notes",
  }, "wrong_audience"],
];

for (const [why, signer, claims, answer] of presented) {
  test(`protectResource() answers ${answer} to a token that names ${why}`, async () => {
    const setup = await setUp();
    const token = await setup[signer].token(claims);
    assertEquals(await setup.present(token), answer);
  });
}

test("protectResource() says which iss it expected", async () => {
  const { adfs, present, decisions } = await setUp();
  await present(await adfs.token());
  const [decision] = decisions;
  assertEquals(decision?.outcome === "refused" && decision.expected, [
    TRUST,
    ACME,
  ]);
});

test("protectResource() remembers verified tokens of each issuer by its own keys", async () => {
  const { adfs, acme, present, requests } = await setUp();
  const tokens = [await adfs.token({ iss: TRUST }), await acme.token()];
  for (let use = 0; use < 3; use++) {
    for (const token of tokens) assertEquals(await present(token), 200);
  }
  assertEquals(requests.length, 4);
});

test("protectResource() accepts what another verifier resolves to, by the token_issuer", async () => {
  for (const [iss, answer] of [[TRUST, 200], [ADFS, "untrusted_issuer"]]) {
    const { present } = await setUp(({ adfs }) => ({
      verifyAccessToken: () => Promise.resolve({ ...adfs.claims(), iss }),
    }));
    assertEquals(await present("any"), answer);
  }
});

/** What an introspection endpoint says of the issuer. */
const introspected: readonly (readonly [
  why: string,
  iss: string | null | undefined,
  answer: string | number,
])[] = [
  ["nothing", undefined, 200],
  ["null", null, 200],
  ["the token_issuer", TRUST, 200],
  ["the identifier", ADFS, "untrusted_issuer"],
];

for (const [why, iss, answer] of introspected) {
  test(`introspectionVerifier() with a token_issuer: the response says ${why} of the issuer`, async () => {
    const { present, callers } = await setUp(({ adfs }) => {
      adfs.platform.serve(
        adfs.introspectionUrl,
        answerJson({ active: true, ...adfs.claims(), iss }),
      );
      return {
        verifyAccessToken: introspectionVerifier({
          issuer: ADFS,
          token_issuer: TRUST,
          client: { client_id: "notes", client_secret: "secret" },
          platform: adfs.platform,
        }),
      };
    });
    assertEquals(await present("opaque"), answer);
    if (answer === 200) assertEquals(callers[0]?.extra?.iss, TRUST);
  });
}

test("introspectionVerifier() shows its issuer the JWTs that have its token_issuer, and no others", async () => {
  const { adfs, acme, present } = await setUp(({ adfs }) => ({
    verifyAccessToken: introspectionVerifier({
      issuer: ADFS,
      token_issuer: TRUST,
      client: { client_id: "resource-server", client_secret: "secret" },
      platform: adfs.platform,
    }),
  }));
  assertEquals(await present(await acme.token()), "untrusted_issuer");
  assertEquals(await present(await adfs.token()), "untrusted_issuer");
  assertEquals(adfs.introspections, []);
  assertEquals(await present(await adfs.token({ iss: TRUST })), 200);
});

test("firstOf() leads a token to the verifier that knows its token_issuer", async () => {
  const { adfs, acme, present } = await setUp(({ adfs, acme }) => ({
    verifyAccessToken: firstOf(
      jwtVerifier({
        authorization_servers: [ACME],
        platform: acme.platform,
      }),
      jwtVerifier({
        authorization_servers: [ADFS],
        issuers: { [ADFS]: { token_issuer: TRUST } },
        platform: adfs.platform,
      }),
    ),
  }));
  assertEquals(await present(await acme.token()), 200);
  assertEquals(await present(await adfs.token({ iss: TRUST })), 200);
  assertEquals(await present(await adfs.token()), "untrusted_issuer");
});

/** Rules for at_hash, claims of a token, and what becomes of it. */
const hashes: readonly (readonly [
  why: string,
  rules: IssuerRules,
  claims: Readonly<Record<string, unknown>>,
  answer: string | number,
])[] = [
  ["at_hash", {}, { at_hash: "x" }, "wrong_type"],
  ["at_hash, accepted", { at_hash: "accept" }, { at_hash: "x" }, 200],
  ["c_hash", { at_hash: "accept" }, { c_hash: "x" }, "wrong_type"],
  [
    "both",
    { at_hash: "accept" },
    { at_hash: "x", c_hash: "x" },
    "wrong_type",
  ],
  ["events", { at_hash: "accept" }, { at_hash: "x", events: {} }, "wrong_type"],
  [
    "token_use of id",
    { at_hash: "accept" },
    { at_hash: "x", token_use: "id" },
    "wrong_type",
  ],
  [
    "typ of ID",
    { at_hash: "accept" },
    { at_hash: "x", typ: "ID" },
    "wrong_type",
  ],
];

for (const [why, rules, claims, answer] of hashes) {
  test(`protectResource() answers ${answer} to a token with ${why}`, async () => {
    const { acme, present } = await setUp(() => ({
      issuers: { [ACME]: rules },
    }));
    assertEquals(await present(await acme.token(claims)), answer);
  });
}

test("protectResource() accepts at_hash only of the issuer whose rules say so", async () => {
  const { acme, adfs, present } = await setUp(() => ({
    issuers: { [ACME]: { at_hash: "accept" } },
  }));
  const claims = { at_hash: "x", aud: RESOURCE };
  assertEquals(await present(await acme.token(claims)), 200);
  assertEquals(await present(await adfs.token(claims)), "wrong_type");
});
