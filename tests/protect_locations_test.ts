/** Issuers whose keys, metadata or introspection are elsewhere than their identifier says. */
import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { metadataUrls } from "../src/issuers/metadata.ts";
import type { ProtectedResourceOptions } from "../src/options.ts";
import { protectResource } from "../src/protect_resource.ts";
import {
  answerJson,
  type TestIssuer,
  testIssuer,
  type TestNetwork,
} from "../src/testing/mod.ts";
import {
  introspectionVerifier,
  type IntrospectionVerifierOptions,
} from "../src/tokens/introspection_verifier.ts";
import type { IssuerRules } from "../src/types.ts";

const RESOURCE = "https://notes.example.com/mcp";
const ISSUER = "https://auth.example.com/realms/acme";
const METADATA = { resource: RESOURCE, authorization_servers: [ISSUER] };
const MIRROR =
  "https://notes.example.com/.well-known/oauth-authorization-server";

interface Setup {
  readonly network: TestNetwork;
  readonly issuer: TestIssuer;
}

/** An issuer whose own URLs this server cannot reach. */
async function unreachable(): Promise<Setup> {
  const issuer = await testIssuer({ issuer: ISSUER, audience: RESOURCE });
  const network = issuer.platform;
  for (const url of metadataUrls(ISSUER)) {
    network.serve(url, () => Promise.reject(new TypeError("no route to host")));
  }
  return { network, issuer };
}

async function statusOf(
  { network }: Setup,
  options: Partial<ProtectedResourceOptions>,
  token: string,
): Promise<number> {
  const handle = protectResource(() => new Response("Hello"), {
    metadata: METADATA,
    platform: network,
    ...options,
  });
  const headers = { authorization: `Bearer ${token}` };
  return (await handle(new Request(RESOURCE, { headers }))).status;
}

/** Where an operator says that the keys are, and whether that is enough. */
const rules: readonly (readonly [
  why: string,
  rules: IssuerRules,
  served: Readonly<Record<string, "keys" | "metadata">>,
  status: number,
])[] = [
  [
    "keys on loopback",
    { jwks_uri: "http://127.0.0.1:8080/jwks" },
    { "http://127.0.0.1:8080/jwks": "keys" },
    200,
  ],
  [
    "keys on a host of the cluster",
    { jwks_uri: "http://keycloak.auth.svc:8080/jwks", allowHttp: true },
    { "http://keycloak.auth.svc:8080/jwks": "keys" },
    200,
  ],
  [
    "metadata on a host of Docker Compose, which names keys by https",
    { metadata_url: "http://keycloak:8080/metadata", allowHttp: true },
    {
      "http://keycloak:8080/metadata": "metadata",
      [`${ISSUER}/jwks`]: "keys",
    },
    200,
  ],
  [
    "both on a host of Docker Compose",
    {
      metadata_url: "http://keycloak:8080/metadata",
      jwks_uri: "http://keycloak:8080/jwks",
      allowHttp: true,
    },
    { "http://keycloak:8080/jwks": "keys" },
    200,
  ],
  ["nothing", {}, { "http://127.0.0.1:8080/jwks": "keys" }, 503],
];

for (const [why, own, served, status] of rules) {
  test(`protectResource() answers ${status} where the issuer's rules name ${why}`, async () => {
    const setup = await unreachable();
    const { network, issuer } = setup;
    for (const [url, kind] of Object.entries(served)) {
      network.serve(
        url,
        kind === "keys"
          ? answerJson({ keys: issuer.keys.map(({ jwk }) => jwk) })
          : answerJson({ issuer: ISSUER, jwks_uri: issuer.jwksUrl }),
      );
    }
    const options = { issuers: { [ISSUER]: own } };
    const answered = await statusOf(setup, options, await issuer.token());
    assertEquals(answered, status);
  });
}

test("protectResource() follows no http that metadata at an allowed http URL names", async () => {
  const setup = await unreachable();
  const { network, issuer } = setup;
  const jwks_uri = "http://keycloak:8080/jwks";
  network.serve(
    "http://keycloak:8080/metadata",
    answerJson({ issuer: ISSUER, jwks_uri }),
  );
  const options: Partial<ProtectedResourceOptions> = {
    issuers: {
      [ISSUER]: {
        metadata_url: "http://keycloak:8080/metadata",
        allowHttp: true,
      },
    },
  };
  assertEquals(await statusOf(setup, options, await issuer.token()), 503);
  assertEquals(network.count(jwks_uri), 0);
});

/** Where an operator says that tokens are introspected. */
const introspections: readonly (readonly [
  why: string,
  options: Partial<IntrospectionVerifierOptions>,
  endpoint: string,
  metadata?: string,
])[] = [
  [
    "on loopback",
    { introspection_endpoint: "http://localhost:8080/introspect" },
    "http://localhost:8080/introspect",
  ],
  [
    "on a host of Docker Compose",
    {
      introspection_endpoint: "http://keycloak:8080/introspect",
      allowHttp: true,
    },
    "http://keycloak:8080/introspect",
  ],
  [
    "where metadata on a host of Docker Compose says",
    { metadata_url: "http://keycloak:8080/metadata", allowHttp: true },
    `${ISSUER}/introspect-by-policy`,
    "http://keycloak:8080/metadata",
  ],
];

for (const [why, options, endpoint, metadata] of introspections) {
  test(`protectResource() takes an opaque token that is introspected ${why}`, async () => {
    const setup = await unreachable();
    const { network, issuer } = setup;
    network.serve(
      endpoint,
      () => Response.json({ active: true, ...issuer.claims() }),
    );
    if (metadata !== undefined) {
      const document = { issuer: ISSUER, introspection_endpoint: endpoint };
      network.serve(metadata, answerJson(document));
    }
    const verifyAccessToken = introspectionVerifier({
      issuer: ISSUER,
      client: { client_id: "notes", client_secret: "secret" },
      platform: network,
      ...options,
    });
    assertEquals(await statusOf(setup, { verifyAccessToken }, "opaque"), 200);
    assertEquals(network.count(endpoint), 1);
  });
}

/** What finds the metadata that is mirrored, and the member by which one is told from another. */
const mirrors: readonly (readonly [
  why: string,
  options: Partial<ProtectedResourceOptions>,
  found: string | number,
])[] = [
  ["nothing", {}, 502],
  [
    "the issuer's rules",
    { issuers: { [ISSUER]: { metadata_url: "https://b2c.example/?p=1" } } },
    "https://b2c.example/?p=1",
  ],
  [
    "the issuer's rules, by an allowed http",
    {
      issuers: {
        [ISSUER]: { metadata_url: "http://keycloak/", allowHttp: true },
      },
    },
    "http://keycloak/",
  ],
  [
    "the mirror's own option",
    { mirror: { issuer: ISSUER, metadata_url: "https://b2c.example/" } },
    "https://b2c.example/",
  ],
  [
    "the mirror's own option before the rules",
    {
      issuers: { [ISSUER]: { metadata_url: "https://other.example/" } },
      mirror: {
        issuer: ISSUER,
        metadata_url: "http://keycloak/",
        allowHttp: true,
      },
    },
    "http://keycloak/",
  ],
  [
    "the rules, where the mirror is named without it",
    {
      issuers: { [ISSUER]: { metadata_url: "https://b2c.example/" } },
      mirror: { issuer: ISSUER },
    },
    "https://b2c.example/",
  ],
  [
    "the rules, of which http is allowed for keys alone",
    {
      issuers: { [ISSUER]: { jwks_uri: "http://keycloak/", allowHttp: true } },
    },
    502,
  ],
];

for (const [why, options, found] of mirrors) {
  test(`protectResource() mirrors the metadata that is found by ${why}`, async () => {
    const { network } = await unreachable();
    for (
      const url of [
        "https://b2c.example/",
        "https://b2c.example/?p=1",
        "https://other.example/",
        "http://keycloak/",
      ]
    ) network.serve(url, answerJson({ issuer: ISSUER, at: url }));
    const handle = protectResource(() => new Response("Hello"), {
      metadata: METADATA,
      platform: network,
      ...options,
    });
    const answer = await handle(new Request(MIRROR));
    const { at } = await answer.json();
    assertEquals(answer.status === 200 ? at : answer.status, found);
  });
}

/** What cannot be configured, and what the operator is told. */
const unusable: readonly (readonly [
  why: string,
  options: Partial<ProtectedResourceOptions>,
  error: string,
])[] = [
  [
    "keys by http on another host",
    { issuers: { [ISSUER]: { jwks_uri: "http://keycloak:8080/jwks" } } },
    "Cannot use jwks_uri: use https or a loopback host, or set allowHttp: true",
  ],
  [
    "metadata by http on another host",
    { issuers: { [ISSUER]: { metadata_url: "http://keycloak:8080/" } } },
    "Cannot use metadata_url: use https",
  ],
  [
    "http for what metadata names",
    { issuers: { [ISSUER]: { allowHttp: true } } },
    "set it only together with the URL that it is for, jwks_uri or metadata_url",
  ],
  [
    "a mirror of metadata by http on another host",
    { mirror: { issuer: ISSUER, metadata_url: "http://keycloak:8080/" } },
    "Cannot use metadata_url: use https",
  ],
  [
    "a mirror by the permission that the rules have for another URL",
    {
      issuers: { [ISSUER]: { jwks_uri: "http://keycloak/", allowHttp: true } },
      mirror: { issuer: ISSUER, metadata_url: "http://keycloak:8080/" },
    },
    "Cannot use metadata_url: use https",
  ],
];

for (const [why, options, error] of unusable) {
  test(`protectResource() cannot be made with ${why}`, () => {
    assertThrows(
      () =>
        protectResource(() => new Response(), {
          metadata: METADATA,
          ...options,
        }),
      TypeError,
      error,
    );
  });
}

for (const member of ["jwks_uri", "introspection_endpoint"] as const) {
  test(`protectResource() looks on where the RFC 8414 document lacks ${member}`, async () => {
    const issuer = await testIssuer({
      issuer: ISSUER,
      audience: RESOURCE,
      metadata: { [member]: undefined },
    });
    const network = issuer.platform;
    const [, , appended = ""] = metadataUrls(ISSUER);
    const verifyAccessToken = introspectionVerifier({
      issuer: ISSUER,
      client: { client_id: "resource-server", client_secret: "secret" },
      platform: network,
    });
    const [token, options] = member === "jwks_uri"
      ? [await issuer.token(), {}] as const
      : [issuer.opaqueToken(), { verifyAccessToken }] as const;
    assertEquals(await statusOf({ network, issuer }, options, token), 503);
    network.pass(5);
    network.serve(
      appended,
      answerJson({
        issuer: ISSUER,
        jwks_uri: issuer.jwksUrl,
        introspection_endpoint: issuer.introspectionUrl,
      }),
    );
    assertEquals(await statusOf({ network, issuer }, options, token), 200);
  });
}
