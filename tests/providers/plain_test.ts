import { assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  clerk,
  type DomainOptions,
  logto,
  type Provider,
  supabase,
} from "../../src/providers/mod.ts";
import { testKey } from "../../src/testing/mod.ts";
import {
  assertRefused,
  gate,
  type Published,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

interface Plain {
  readonly name: string;
  readonly make: (options: DomainOptions) => Provider;
  readonly domain: string;
  readonly published: Published;
  /** What is asked for with the first token. */
  readonly requests: readonly string[];
  readonly rows: readonly TokenRow[];
}

const ES384 = [await testKey("ES384", "logto-key")];
const ES256 = [await testKey("ES256", "supabase-key")];

const CLERK = "https://clerk.example.com";
const CLERK_ACCESS = {
  iss: CLERK,
  sub: "user_2vYVtestTESTtestTESTtestTESTtest",
  aud: RESOURCE,
  client_id: "client_2VTWUzvGC5UhdJCNx6xG1D98edc",
  jti: "oat_2VTWUzvGC5UhdJCNx6xG1D98edc",
  nbf: TIMES.iat,
  scope: "openid notes:read",
  ...TIMES,
};

const LOGTO = "https://acme.logto.app";
const LOGTO_ACCESS = {
  jti: "VovNyqJ5_tuYac89eTbpF",
  sub: "rkxl1ops7gs1",
  iss: `${LOGTO}/oidc`,
  client_id: "756d1b7d3y3v",
  aud: RESOURCE,
  scope: "notes:read",
  ...TIMES,
};

const SUPABASE = "https://abcdefghijklmnopqrst.supabase.co";
const SUPABASE_SESSION = {
  iss: `${SUPABASE}/auth/v1`,
  sub: "5f5d0c1e-6d53-4f0e-9d9e-0b2f5a3c4d5e",
  aud: "authenticated",
  role: "authenticated",
  email: "user@example.com",
  aal: "aal1",
  amr: [{ method: "password", timestamp: TIMES.iat }],
  session_id: "0c0b7f54",
  ...TIMES,
};
const SUPABASE_ACCESS = {
  ...SUPABASE_SESSION,
  aud: RESOURCE,
  user_id: SUPABASE_SESSION.sub,
  client_id: "9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d",
  scope: "openid email",
};

const SUPABASE_ID = {
  iss: `${SUPABASE}/auth/v1`,
  sub: SUPABASE_SESSION.sub,
  aud: SUPABASE_ACCESS.client_id,
  client_id: SUPABASE_ACCESS.client_id,
  auth_time: TIMES.iat,
  email: "user@example.com",
  email_verified: true,
  phone_number_verified: false,
  ...TIMES,
};

/** A token that was issued by somebody else, or for somebody else. */
function foreign(access: Readonly<Record<string, unknown>>): TokenRow[] {
  return [
    ["an access token for another resource", "wrong_audience", {
      ...access,
      aud: "https://other.example.com",
    }],
    ["an access token of another issuer", "untrusted_issuer", {
      ...access,
      iss: "https://other.example.com",
    }],
  ];
}

const plain: readonly Plain[] = [
  {
    name: "clerk()",
    make: clerk,
    domain: "https://clerk.example.com",
    published: {
      metadata: {
        [`${CLERK}/.well-known/oauth-authorization-server`]: {
          issuer: CLERK,
          authorization_endpoint: `${CLERK}/oauth/authorize`,
          token_endpoint: `${CLERK}/oauth/token`,
          jwks_uri: `${CLERK}/.well-known/jwks.json`,
          code_challenge_methods_supported: ["S256"],
        },
      },
    },
    requests: [
      `${CLERK}/.well-known/oauth-authorization-server`,
      `${CLERK}/.well-known/jwks.json`,
    ],
    rows: [
      [
        "an access token",
        {
          clientId: "client_2VTWUzvGC5UhdJCNx6xG1D98edc",
          scopes: ["openid", "notes:read"],
        },
        CLERK_ACCESS,
        { typ: "at+jwt" },
      ],
      ["an access token of a client that sent no resource", "missing_claim", {
        ...CLERK_ACCESS,
        aud: undefined,
      }, { typ: "at+jwt" }],
      [
        "a session of the application itself, though a template gave it an audience",
        "wrong_type",
        {
          azp: "https://app.example.com",
          exp: TIMES.exp,
          iat: TIMES.iat,
          iss: CLERK,
          aud: RESOURCE,
          sid: "sess_2",
          sub: CLERK_ACCESS.sub,
          v: 2,
        },
        { typ: "JWT", cat: "cl_B7d4PD111AAA" },
      ],
      ["an ID token", "wrong_type", {
        iss: CLERK,
        aud: "client_2VTWUzvGC5UhdJCNx6xG1D98edc",
        sub: CLERK_ACCESS.sub,
        ...TIMES,
      }, { typ: "JWT" }],
      ...foreign(CLERK_ACCESS).map(([why, verdict, claims]) =>
        [why, verdict, claims, { typ: "at+jwt" }] as const
      ),
    ],
  },
  {
    name: "logto()",
    make: logto,
    domain: "https://acme.logto.app/",
    published: {
      metadata: {
        [`${LOGTO}/oidc/.well-known/openid-configuration`]: {
          issuer: `${LOGTO}/oidc`,
          authorization_endpoint: `${LOGTO}/oidc/auth`,
          token_endpoint: `${LOGTO}/oidc/token`,
          jwks_uri: `${LOGTO}/oidc/jwks`,
          code_challenge_methods_supported: ["S256"],
        },
      },
      keys: ES384,
    },
    requests: [
      `${LOGTO}/.well-known/oauth-authorization-server/oidc`,
      `${LOGTO}/.well-known/openid-configuration/oidc`,
      `${LOGTO}/oidc/.well-known/openid-configuration`,
      `${LOGTO}/oidc/jwks`,
    ],
    rows: [
      [
        "an access token",
        {
          clientId: "756d1b7d3y3v",
          scopes: ["notes:read"],
        },
        LOGTO_ACCESS,
        { typ: "at+jwt" },
      ],
      ["an organization's token", "wrong_audience", {
        ...LOGTO_ACCESS,
        aud: "urn:logto:organization:acme",
      }, { typ: "at+jwt" }],
      ["an ID token", "wrong_type", {
        sub: LOGTO_ACCESS.sub,
        name: "Alice",
        aud: "756d1b7d3y3v",
        iss: `${LOGTO}/oidc`,
        ...TIMES,
      }, { typ: "JWT" }],
      ["an issuer without its path", "untrusted_issuer", {
        ...LOGTO_ACCESS,
        iss: LOGTO,
      }, { typ: "at+jwt" }],
      ...foreign(LOGTO_ACCESS).map(([why, verdict, claims]) =>
        [why, verdict, claims, { typ: "at+jwt" }] as const
      ),
    ],
  },
  {
    name: "supabase()",
    make: supabase,
    domain: SUPABASE,
    published: {
      metadata: {
        [`${SUPABASE}/.well-known/oauth-authorization-server/auth/v1`]: {
          issuer: `${SUPABASE}/auth/v1`,
          authorization_endpoint: `${SUPABASE}/auth/v1/oauth/authorize`,
          token_endpoint: `${SUPABASE}/auth/v1/oauth/token`,
          registration_endpoint: `${SUPABASE}/auth/v1/oauth/clients/register`,
          jwks_uri: `${SUPABASE}/auth/v1/.well-known/jwks.json`,
          code_challenge_methods_supported: ["S256", "plain"],
        },
      },
      keys: ES256,
    },
    requests: [
      `${SUPABASE}/.well-known/oauth-authorization-server/auth/v1`,
      `${SUPABASE}/auth/v1/.well-known/jwks.json`,
    ],
    rows: [
      [
        "an access token whose hook wrote the resource",
        {
          clientId: "9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d",
          scopes: ["openid", "email"],
        },
        SUPABASE_ACCESS,
        { typ: "JWT" },
      ],
      [
        "an access token without scopes, as Supabase issued them before",
        {
          clientId: "9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d",
          scopes: [],
        },
        { ...SUPABASE_ACCESS, scope: undefined },
        { typ: "JWT" },
      ],
      ["an ID token", "wrong_type", SUPABASE_ID, { typ: "JWT" }],
      [
        "an ID token, though a client were named like the resource",
        "wrong_type",
        { ...SUPABASE_ID, aud: RESOURCE },
        { typ: "JWT" },
      ],
      ["an access token without a hook", "wrong_audience", {
        ...SUPABASE_ACCESS,
        aud: "authenticated",
      }, { typ: "JWT" }],
      ["a session of the application itself", "wrong_type", SUPABASE_SESSION, {
        typ: "JWT",
      }],
      ["a session, though the hook wrote the resource for all", "wrong_type", {
        ...SUPABASE_SESSION,
        aud: RESOURCE,
      }, { typ: "JWT" }],
      ["the project's service key", "untrusted_issuer", {
        iss: "supabase",
        ref: "abcdefghijklmnopqrst",
        role: "service_role",
        ...TIMES,
      }, { typ: "JWT" }],
      ...foreign(SUPABASE_ACCESS),
    ],
  },
];

for (const { name, make, domain, published, requests, rows } of plain) {
  for (const [why, verdict, claims, header] of rows) {
    test(`${name} ${verb(verdict)} ${why}`, async () => {
      const { present } = gate(make({ domain }), published);
      assertEquals(await present(claims, header), verdict);
    });
  }

  test(`${name} finds the keys where the provider has them`, async () => {
    const self = gate(make({ domain }), published);
    const [, , claims, header] = rows[0]!;
    await self.present(claims, header);
    assertEquals(self.requests, requests);
  });

  test(`${name} takes another audience in place of the resource`, async () => {
    const provider = make({ domain, audience: ["api://notes", "notes"] });
    const { present } = gate(provider, published);
    const [, caller, claims, header] = rows[0]!;
    assertEquals(await present({ ...claims, aud: ["notes"] }, header), caller);
    assertEquals(await present(claims, header), "wrong_audience");
  });

  test(`${name} says what to change`, () =>
    assertRefused(make, [
      ["Cannot use domain", {}],
      ["write the whole host", { domain: "acme" }],
      ["remove its path", { domain: "https://acme.example.com/oidc" }],
      ["use https", { domain: "http://acme.example.com" }],
      ["Cannot use audience", { domain, audience: "" }],
    ]));
}

test("supabase() accepts the audience that Supabase writes by default, if it is configured", async () => {
  const { domain, published } = plain.at(-1)!;
  const provider = supabase({ domain, audience: "authenticated" });
  const { present } = gate(provider, published);
  const access = { ...SUPABASE_ACCESS, aud: "authenticated" };
  assertEquals(await present(access), {
    clientId: "9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d",
    scopes: ["openid", "email"],
  });
  assertEquals(await present(SUPABASE_SESSION), "wrong_type");
});
