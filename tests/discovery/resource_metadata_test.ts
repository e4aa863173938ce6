import {
  assertEquals,
  assertFalse,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import {
  checkMetadata,
  handleOAuthProtectedResourceRequest,
  type ProtectedResourceMetadata,
  protectedResourceMetadataUrl,
} from "../../src/discovery/resource_metadata.ts";

const LEAST: ProtectedResourceMetadata = {
  resource: "https://notes.example.com/mcp",
  authorization_servers: ["https://auth.example.com"],
};

/** Every member of RFC 9728 §2, two of them in a second language too. */
const FULL: ProtectedResourceMetadata = {
  ...LEAST,
  jwks_uri: "https://notes.example.com/keys",
  scopes_supported: ["notes:read", "notes:write"],
  resource_signing_alg_values_supported: ["ES256"],
  resource_name: "Notes",
  "resource_name#fr-CA": "Carnets \u2013 \u00e9dition",
  resource_documentation: "https://notes.example.com/docs",
  resource_policy_uri: "https://notes.example.com/policy",
  resource_tos_uri: "https://notes.example.com/tos",
  "resource_tos_uri#de": "https://notes.example.com/agb",
  tls_client_certificate_bound_access_tokens: false,
  authorization_details_types_supported: ["notebook"],
  dpop_signing_alg_values_supported: ["ES256", "EdDSA"],
  dpop_bound_access_tokens_required: false,
  signed_metadata: "a.b.c",
};

test("handleOAuthProtectedResourceRequest() publishes the least there can be", async () => {
  assertEquals(await published(LEAST), {
    ...LEAST,
    bearer_methods_supported: ["header"],
  });
});

test("handleOAuthProtectedResourceRequest() publishes every member of RFC 9728", async () => {
  assertEquals(await published(FULL), {
    ...FULL,
    bearer_methods_supported: ["header"],
  });
});

test("handleOAuthProtectedResourceRequest() publishes what later standards add", async () => {
  const later = { ...LEAST, later_member: { a: [1] } };
  assertEquals((await published(later))["later_member"], { a: [1] });
});

test("handleOAuthProtectedResourceRequest() leaves out lists without elements", async () => {
  const lists = {
    scopes_supported: [],
    resource_signing_alg_values_supported: [],
    authorization_details_types_supported: [],
    dpop_signing_alg_values_supported: [],
  };
  const document = await published({ ...FULL, ...lists });
  for (const member of Object.keys(lists)) {
    assertFalse(member in document, member);
  }
});

test("handleOAuthProtectedResourceRequest() publishes identifiers to the byte", async () => {
  for (
    const [resource, issuer] of [
      ["HTTPS://Notes.Example.com:443/Mcp/", "https://Auth.example.com/"],
      ["https://notes.example.com", "https://auth.example.com/t%2d1/v2.0"],
      ["https://notes.example.com/", "https://auth.example.com:443"],
    ] as const
  ) {
    const response = answer("GET", {
      resource,
      authorization_servers: [issuer],
    });
    assertStringIncludes(
      await response.text(),
      `{"resource":"${resource}","authorization_servers":["${issuer}"]`,
    );
  }
});

test("handleOAuthProtectedResourceRequest() announces only the Authorization header as a way to send a token", async () => {
  const careless = { ...LEAST, bearer_methods_supported: ["query", "body"] };
  assertEquals((await published(careless))["bearer_methods_supported"], [
    "header",
  ]);
});

const methods: readonly (readonly [method: string, status: number])[] = [
  ["GET", 200],
  ["HEAD", 200],
  ["OPTIONS", 204],
  ["POST", 405],
  ["DELETE", 405],
];

for (const [method, status] of methods) {
  test(`handleOAuthProtectedResourceRequest() answers ${method} with ${status}`, () => {
    assertEquals(answer(method, LEAST).status, status);
  });
}

test("handleOAuthProtectedResourceRequest() takes nothing from the request", async () => {
  const evil = "https://evil.example";
  const headers = { host: "evil.example", origin: evil, forwarded: evil };
  const request = new Request(`${evil}/x?resource=${evil}`, { headers });
  const response = handleOAuthProtectedResourceRequest(request, LEAST);
  const fields = JSON.stringify([...response.headers]);
  assertFalse(`${fields}${await response.text()}`.includes("evil"));
});

test("handleOAuthProtectedResourceRequest() throws at metadata that breaks a rule, each time", () => {
  const metadata = { ...LEAST, authorization_servers: [] };
  for (const _ of ["the first", "the second"]) {
    assertThrows(() => answer("GET", metadata), TypeError);
  }
});

const refused: readonly (readonly [
  why: string,
  member: keyof ProtectedResourceMetadata,
  value: unknown,
  message: string,
])[] = [
  ["nothing", "resource", undefined, "Cannot use metadata.resource"],
  ["a query", "resource", "https://h/?a", "remove its query"],
  ["a fragment", "resource", "https://h/#a", "query, fragment"],
  ["no TLS", "resource", "http://h/mcp", "use https"],
  ["nothing", "authorization_servers", undefined, "name at least one issuer"],
  ["no element", "authorization_servers", [], "name at least one issuer"],
  ["no list", "authorization_servers", "https://a", "at least one issuer"],
  ["no URL", "authorization_servers", ["a.example"], 'issuer "a.example"'],
  [
    "no TLS in its second element",
    "authorization_servers",
    ["https://a", "http://b"],
    "Cannot use issuer http://b: use https",
  ],
  ["no list", "scopes_supported", "a b", "write an array of scopes"],
  ["two scopes in one", "scopes_supported", ["a b"], 'Cannot use scope "a b"'],
  [
    "offline_access",
    "scopes_supported",
    ["a", "offline_access"],
    "Cannot use offline_access in metadata.scopes_supported: remove it",
  ],
];

for (const [why, member, value, message] of refused) {
  test(`checkMetadata() refuses ${why} as ${member}, and says what to change`, () => {
    const metadata = { ...FULL, [member]: value } as ProtectedResourceMetadata;
    assertThrows(() => checkMetadata(metadata), TypeError, message);
  });
}

test("checkMetadata() takes metadata that is whole", () => {
  checkMetadata(FULL);
});

const WELL_KNOWN = "/.well-known/oauth-protected-resource";

const urls: readonly (readonly [
  why: string,
  origin: string,
  path: string,
  behind: string,
])[] = [
  ["a path", "https://h", "/mcp", "/mcp"],
  ["two segments", "https://h", "/a/mcp", "/a/mcp"],
  ["no path", "https://h", "", ""],
  ["a slash behind the host", "https://h", "/", ""],
  ["a slash behind the path", "https://h", "/mcp/", "/mcp/"],
  ["a port", "http://localhost:3000", "/mcp", "/mcp"],
  ["an IPv6 host", "http://[::1]:3000", "", ""],
  ["upper case, escapes and a default port", "https://H:443", "/A%2f", "/A%2f"],
];

for (const [why, origin, path, behind] of urls) {
  test(`protectedResourceMetadataUrl() inserts the well-known name for ${why}`, () => {
    const url = protectedResourceMetadataUrl(`${origin}${path}`);
    assertEquals(url, `${origin}${WELL_KNOWN}${behind}`);
  });
}

test("protectedResourceMetadataUrl() refuses what is not an identifier", () => {
  for (const resource of ["/mcp", "http://h/", "https://h/?a", "https://u@h"]) {
    assertThrows(() => protectedResourceMetadataUrl(resource), TypeError);
  }
});

function answer(method: string, metadata: ProtectedResourceMetadata): Response {
  return handleOAuthProtectedResourceRequest(
    new Request("https://h/x", { method }),
    metadata,
  );
}

async function published(
  metadata: ProtectedResourceMetadata,
): Promise<Record<string, unknown>> {
  return await answer("GET", metadata).json();
}
