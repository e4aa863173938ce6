import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { authKit, type AuthKitOptions } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const ISSUER = "https://acme.authkit.app";
const ENVIRONMENT = "client_01KAVKB3S313R5M49EMHDR3HYN";
const CLIENT = "client_01JP8BD0CZ401TDF9X54NT5ZEK";
const MACHINE = "client_01K0MACHINE0000000000000000";
const METADATA = `${ISSUER}/.well-known/oauth-authorization-server`;

function environment(options: Partial<AuthKitOptions> = {}): Gate {
  return gate(authKit({ domain: "acme.authkit.app", ...options }), {
    metadata: {
      [METADATA]: {
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/oauth2/authorize`,
        token_endpoint: `${ISSUER}/oauth2/token`,
        registration_endpoint: `${ISSUER}/oauth2/register`,
        jwks_uri: `${ISSUER}/oauth2/jwks`,
        code_challenge_methods_supported: ["S256"],
      },
    },
  });
}

const USER = {
  iss: ISSUER,
  aud: RESOURCE,
  sub: "user_01HBEQKA6K4QJAS93VPE39W1JT",
  client_id: CLIENT,
  sid: "app_consent_01K",
  org_id: "org_01H",
  jti: "01K",
  scope: "openid profile",
  ...TIMES,
};
const M2M = {
  iss: ISSUER,
  aud: ENVIRONMENT,
  sub: MACHINE,
  client_id: MACHINE,
  org_id: "org_01H",
  jti: "01K",
  scope: "notes:read",
  ...TIMES,
};
const ID = {
  iss: ISSUER,
  aud: CLIENT,
  sub: USER.sub,
  email: "alice@example.com",
  ...TIMES,
};

const CALLER = { clientId: CLIENT, scopes: ["openid", "profile"] };
const MACHINE_CALLER = { clientId: MACHINE, scopes: ["notes:read"] };

/** Refused in any case. */
const foreign: readonly TokenRow[] = [
  ["an access token for another resource", "wrong_audience", {
    ...USER,
    aud: "https://other.example.com",
  }],
  ["an access token of another issuer", "untrusted_issuer", {
    ...USER,
    iss: "https://other.example.com",
  }],
  ["an ID token", "wrong_audience", ID],
  ["a session of the application itself", "untrusted_issuer", {
    ...USER,
    iss: `https://api.workos.com/user_management/${ENVIRONMENT}`,
    aud: undefined,
  }],
];

const rows: readonly TokenRow[] = [
  ["an access token", CALLER, USER],
  [
    "an access token for the environment, which was requested for no resource",
    "wrong_audience",
    { ...USER, aud: ENVIRONMENT },
  ],
  ["a machine's token", "wrong_audience", M2M],
  ...foreign,
];

for (const [why, verdict, claims] of rows) {
  test(`authKit() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await environment().present(claims), verdict);
  });
}

const machineRows: readonly TokenRow[] = [
  ["an access token", CALLER, USER],
  ["a machine's token", MACHINE_CALLER, M2M],
  [
    "a user's access token for the environment, which anyone can request",
    "wrong_type",
    { ...USER, aud: ENVIRONMENT },
  ],
  [
    "a user's access token for the environment and the resource",
    "wrong_type",
    { ...USER, aud: [RESOURCE, ENVIRONMENT] },
  ],
  ["a token for the environment that names no client", "wrong_type", {
    ...M2M,
    client_id: undefined,
  }],
  ["a token for the environment of nobody", "wrong_type", {
    ...M2M,
    client_id: undefined,
    sub: undefined,
  }],
  ["a user's token for the environment without a consent", "wrong_type", {
    ...USER,
    aud: ENVIRONMENT,
    sid: undefined,
  }],
  ["a list for a client", "wrong_type", { ...M2M, client_id: [MACHINE] }],
  ["a token for the environment with a consent", "wrong_type", {
    ...M2M,
    sid: "app_consent_01K",
  }],
  ["an ID token for the environment", "wrong_type", {
    ...ID,
    aud: ENVIRONMENT,
  }],
  ["a machine's token of another environment", "wrong_audience", {
    ...M2M,
    aud: "client_01KOTHER",
  }],
  ...foreign,
];

for (const [why, verdict, claims] of machineRows) {
  test(`authKit() with machines ${verb(verdict)} ${why}`, async () => {
    const { present } = environment({
      audience: RESOURCE,
      machines: { environmentClientId: ENVIRONMENT },
    });
    assertEquals(await present(claims), verdict);
  });
}

test("authKit() accepts only the machines that are named", async () => {
  const { present } = environment({
    audience: [RESOURCE],
    machines: { environmentClientId: ENVIRONMENT, clientIds: [MACHINE] },
  });
  assertEquals(await present(M2M), MACHINE_CALLER);
  const other = {
    ...M2M,
    sub: "client_01KOTHER",
    client_id: "client_01KOTHER",
  };
  assertEquals(await present(other), "wrong_audience");
  assertEquals(await present(USER), CALLER);
});

test("authKit() finds the keys where AuthKit has them", async () => {
  const { present, requests } = environment();
  await present(USER);
  assertEquals(requests, [METADATA, `${ISSUER}/oauth2/jwks`]);
});

test("authKit() takes another audience in place of the resource", async () => {
  const { present } = environment({ audience: ["api://notes", "notes"] });
  assertEquals(await present({ ...USER, aud: ["notes"] }), CALLER);
  assertEquals(await present(USER), "wrong_audience");
});

test("authKit() says what to change", () => {
  const machines = { environmentClientId: ENVIRONMENT };
  assertRefused(environment, [
    ["Cannot use domain", { domain: undefined }],
    ["write the whole host", { domain: "acme" }],
    ["remove its path", { domain: `${ISSUER}/oauth2` }],
    ["use https", { domain: "http://acme.authkit.app" }],
    ["Cannot use audience", { audience: "" }],
    ["write the resource", { machines }],
    ["not the environment", { machines, audience: [RESOURCE, ENVIRONMENT] }],
    ["Cannot use machines", { machines: ENVIRONMENT, audience: RESOURCE }],
    ["Cannot use machines.environmentClientId", {
      machines: {},
      audience: RESOURCE,
    }],
    ["list at least one application", {
      machines: { ...machines, clientIds: [] },
      audience: RESOURCE,
    }],
    ["Cannot use machines.clientIds", {
      machines: { ...machines, clientIds: MACHINE },
      audience: RESOURCE,
    }],
  ]);
});
