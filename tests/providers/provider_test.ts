import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import { AccessTokenError } from "../../src/errors.ts";
import type { AccessTokenClaims, IssuerRules } from "../../src/types.ts";
import * as providers from "../../src/providers/mod.ts";
import { combineProviders, type Provider } from "../../src/providers/mod.ts";
import {
  audienceOf,
  matching,
  onlyWith,
  originOf,
  provider,
  strings,
} from "../../src/providers/provider.ts";

test("providers/mod.ts exports these names and no others", () => {
  assertEquals(Object.keys(providers).sort(), [
    "adFs",
    "auth0",
    "authKit",
    "clerk",
    "cognito",
    "combineProviders",
    "descope",
    "dex",
    "entraId",
    "googleServiceAccounts",
    "keycloak",
    "logto",
    "okta",
    "ory",
    "scalekit",
    "stytch",
    "supabase",
    "zitadel",
  ]);
});

const A = provider(["https://a.example"], { audience: "a" });
const B = provider(["https://b.example", "https://c.example"], {});

test("combineProviders() keeps the order of the issuers, and the rules of each", () => {
  assertEquals(combineProviders(B, A), {
    authorization_servers: [
      "https://b.example",
      "https://c.example",
      "https://a.example",
    ],
    issuers: {
      "https://a.example": { audience: "a" },
      "https://b.example": {},
      "https://c.example": {},
    },
  });
});

test("combineProviders() does not let a provider's rules be undone by another's", () => {
  assertThrows(
    () =>
      combineProviders(
        A,
        B,
        provider(["https://a.example"], { audience: "b" }),
      ),
    TypeError,
    "https://a.example is in two of them",
  );
});

const misspelt: readonly (readonly [name: string, provider: object])[] = [
  ["issuer", { authorization_servers: ["https://d.example"], issuer: {} }],
  ["authorization_server", { authorization_server: [], issuers: {} }],
  ["issuers[", {
    authorization_servers: ["https://d.example"],
    issuers: { "https://d.example": { audiences: "a" } },
  }],
];

for (const [name, written] of misspelt) {
  test(`combineProviders() refuses a provider with a misspelt ${name}`, () => {
    assertThrows(
      () => combineProviders(A, written as Provider),
      TypeError,
      `Cannot use providers[1].${name}`,
    );
  });
}

/** A domain, and its origin; `null` where it must be refused. */
const domains: readonly (readonly [
  why: string,
  domain: unknown,
  origin: string | null,
])[] = [
  ["a host", "acme.example.com", "https://acme.example.com"],
  ["a URL", "https://acme.example.com", "https://acme.example.com"],
  [
    "a slash at the end",
    "https://acme.example.com/",
    "https://acme.example.com",
  ],
  ["a host with a slash", "acme.example.com/", "https://acme.example.com"],
  ["capital letters", "HTTPS://Acme.Example.com", "https://acme.example.com"],
  ["a port", "acme.example.com:8443", "https://acme.example.com:8443"],
  ["this machine", "http://localhost:8080", "http://localhost:8080"],
  ["a host of a private network", "https://sso", "https://sso"],
  ["http", "http://acme.example.com", null],
  ["another scheme", "ftp://acme.example.com", null],
  ["a name alone", "acme", null],
  ["a path", "acme.example.com/oauth2", null],
  ["a query", "acme.example.com?x", null],
  ["a fragment", "https://acme.example.com/#", null],
  ["credentials", "https://me@acme.example.com", null],
  ["white space", " acme.example.com", null],
  ["nothing, as from an environment", "", null],
  ["no value, as from an environment", undefined, null],
  ["a number", 1, null],
];

for (const [why, domain, origin] of domains) {
  test(`originOf() ${origin === null ? "refuses" : "reads"} ${why}`, () => {
    if (origin === null) {
      assertThrows(
        () => originOf(domain as string, "domain"),
        TypeError,
        "Cannot use domain",
      );
    } else {
      assertStrictEquals(originOf(domain as string, "domain"), origin);
    }
  });
}

test("audienceOf() leaves the default to the resource, and refuses to name nothing", () => {
  assertEquals(audienceOf(undefined), {});
  assertEquals(audienceOf("a"), { audience: "a" });
  assertEquals(audienceOf(["a", "b"]), { audience: ["a", "b"] });
  for (const audience of ["", [], ["a", ""], [undefined as never]]) {
    assertThrows(() => audienceOf(audience), TypeError, "Cannot use audience");
  }
});

test("matching() does not repeat what may be a secret in the wrong place", () => {
  assertThrows(
    () => matching("hunter2", /^\d+$/, "clientId", "write a number"),
    TypeError,
    "Cannot use clientId: write a number",
  );
});

test("onlyWith() refuses a claim that is not a string, and leaves the others alone", () => {
  const claims = { cid: "client", scp: ["notes:read"] };
  assertStrictEquals(onlyWith("cid")(claims), claims);
  for (const cid of [undefined, null, 1, ["client"], {}]) {
    assertThrows(
      () => onlyWith("cid")({ cid }),
      AccessTokenError,
      "wrong_type",
    );
  }
});

test("onlyWith() refuses a token that lacks one of several claims", () => {
  const both = onlyWith("client_id", "scope");
  const claims = { client_id: "client", scope: "" };
  assertStrictEquals(both(claims), claims);
  for (const absent of ["client_id", "scope"]) {
    assertThrows(
      () => both({ ...claims, [absent]: undefined }),
      AccessTokenError,
      "wrong_type",
    );
  }
});

test("strings() reads a hostile list", () => {
  assertEquals(strings(["a", "", 1, null, ["b"], "c", "d e", " "]), ["a", "c"]);
  for (const list of [undefined, null, "a", {}, { length: 1, 0: "a" }]) {
    assertEquals(strings(list), []);
  }
});

const GUID = "08541b6e-646d-43de-a0eb-834e6713d6d5";
const domain = "acme.example.com";
const presets: readonly (readonly [name: string, preset: Provider])[] = [
  ["auth0()", providers.auth0({ domain })],
  [
    "auth0() by permissions",
    providers.auth0({ domain, scopeClaim: "permissions" }),
  ],
  ["authKit()", providers.authKit({ domain })],
  [
    "authKit() with machines",
    providers.authKit({
      domain,
      audience: "https://notes.example.com/mcp",
      machines: { environmentClientId: "client" },
    }),
  ],
  ["clerk()", providers.clerk({ domain })],
  [
    "cognito()",
    providers.cognito({
      userPoolId: "eu-central-1_AbCdEf123",
      resource: "https://notes.example.com/mcp",
      clientIds: ["client"],
    }),
  ],
  ["descope()", providers.descope({ projectId: "P2abc" })],
  ["entraId()", providers.entraId({ tenantId: GUID, clientId: GUID })],
  [
    "googleServiceAccounts()",
    providers.googleServiceAccounts({
      accounts: { "nightly@acme.iam.gserviceaccount.com": [] },
    }),
  ],
  ["keycloak()", providers.keycloak({ url: domain, realm: "acme" })],
  ["logto()", providers.logto({ domain })],
  ["okta()", providers.okta({ domain, audience: "api://default" })],
  ["ory()", providers.ory({ domain })],
  [
    "scalekit()",
    providers.scalekit({
      environmentUrl: domain,
      resourceId: "res_1",
    }),
  ],
  ["stytch()", providers.stytch({ domain, projectId: "project-live-1" })],
  ["supabase()", providers.supabase({ domain })],
  ["zitadel()", providers.zitadel({ domain, projectId: "1" })],
];

/** What a claim may be before the signature is checked. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  -0,
  "",
  "__proto__",
  [],
  [[]],
  [null],
  {},
  { toString: 1 },
  JSON.parse('{"__proto__":{"azp":"client"},"constructor":1}'),
];
/** Whatever a preset reads. */
const CLAIMS: readonly string[] = [
  ...["amr", "appid", "aud", "azp", "cid", "client_id", "email"],
  ...["email_verified", "jti", "permissions", "roles", "scope", "scp"],
  ...["session_id", "sid", "sub", "token_use", "typ"],
  "https://stytch.com/session",
  "urn:zitadel:iam:org:project:1:roles",
];

for (const [name, { issuers }] of presets) {
  test(`${name} refuses hostile claims, or leaves them to be judged, and never fails on them`, () => {
    for (const { claims: mapClaims } of Object.values(issuers)) {
      const likely = { azp: "client", cid: "client", jti: "1", typ: "Bearer" };
      for (const claim of CLAIMS) {
        for (const value of HOSTILE) {
          for (const others of [{}, likely]) {
            try {
              mapClaims?.({ ...others, [claim]: value });
            } catch (error) {
              assert(error instanceof AccessTokenError, String(error));
            }
          }
        }
      }
    }
  });
}

/** Claims that a preset refuses, and what the log is told of them. */
const compared: readonly (readonly [
  preset: string,
  map: IssuerRules["claims"],
  claims: AccessTokenClaims,
  expected: readonly string[],
  received: readonly string[] | undefined,
])[] = [
  [
    "keycloak",
    rulesOf(providers.keycloak({ url: "https://a.example", realm: "a" })),
    { typ: "ID" },
    ["Bearer", "DPoP"],
    ["ID"],
  ],
  [
    "cognito",
    rulesOf(providers.cognito({
      userPoolId: "eu-central-1_A",
      resource: "https://a.example",
      clientIds: ["one"],
    })),
    { token_use: "access", client_id: "two" },
    ["one"],
    ["two"],
  ],
  [
    "okta",
    rulesOf(providers.okta({ domain: "a.okta.com", audience: "a" })),
    {},
    ["cid"],
    undefined,
  ],
];

for (const [preset, map, claims, expected, received] of compared) {
  test(`${preset}() tells the log what it expected and received`, () => {
    const error = assertThrows(() => map!(claims), AccessTokenError);
    assertEquals([error.expected, error.received], [expected, received]);
  });
}

function rulesOf({ issuers }: Provider): IssuerRules["claims"] {
  return Object.values(issuers)[0]?.claims;
}
