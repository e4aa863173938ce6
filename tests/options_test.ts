import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import * as gatehouse from "../mod.ts";
import { apiKeyVerifier } from "../src/api_keys/mod.ts";
import * as bridge from "../src/bridge/mod.ts";
import { forwardTo } from "../src/gateway/mod.ts";
import { lambdaAuthorizer } from "../src/adapters/aws_lambda.ts";
import { serve } from "../src/adapters/deno.ts";
import { dpop } from "../src/dpop/mod.ts";
import { protectedResource as protectedInExpress } from "../src/adapters/express.ts";
import { protectedResource } from "../src/adapters/hono.ts";
import { toNodeListener } from "../src/adapters/node.ts";
import { toRouteHandlers } from "../src/adapters/vercel.ts";
import { protectWorker } from "../src/adapters/workers.ts";
import { examine, formatReport } from "../src/doctor/mod.ts";
import * as providers from "../src/providers/mod.ts";
import {
  testIssuer,
  testKey,
  testKeyHolder,
  testNetwork,
} from "../src/testing/mod.ts";
import {
  callOf,
  ISSUER,
  METADATA,
  post,
  protect,
} from "./support/protected.ts";

type Options = Readonly<Record<string, unknown>>;
// deno-lint-ignore no-explicit-any
type Made = any;

const handler = (): Response => new Response("Hello");
const key = await testKey();
const CLIENT = { client_id: "a", client_secret: "b" };
const REPORT: Made = {
  url: "https://a.example",
  findings: [],
  clients: [],
  exchanges: [],
};

/** A function that takes options, the least that it can be given, and the options that it knows beside these. */
interface Entry {
  readonly make: (options: Made) => unknown;
  readonly least: Options;
  readonly optional: readonly string[];
}

const entries: Readonly<Record<string, Entry>> = {
  protectResource: {
    make: (options) => gatehouse.protectResource(handler, options),
    least: { metadata: METADATA },
    optional: [
      "metadataUrl",
      "issuers",
      "verifyAccessToken",
      "dpop",
      "scopes",
      "anonymous",
      "clockToleranceSeconds",
      "tokenCacheBytes",
      "maxBodyBytes",
      "path",
      "cors",
      "mirror",
      "otherwise",
      "onDecision",
      "platform",
    ],
  },
  "protectResources, one of them": {
    make: (options) => gatehouse.protectResources([[handler, options]]),
    least: { metadata: METADATA },
    optional: ["scopes", "otherwise"],
  },
  "protectResources, all of them": {
    make: (options) =>
      gatehouse.protectResources([[handler, { metadata: METADATA }]], options),
    least: {},
    optional: ["otherwise"],
  },
  withCors: {
    make: (options) => gatehouse.withCors(handler, options),
    least: {},
    optional: [
      "origins",
      "hosts",
      "allowHeaders",
      "exposeHeaders",
      "maxAgeSeconds",
    ],
  },
  handleOAuthAuthorizationServerRequest: {
    make: (options) =>
      gatehouse.handleOAuthAuthorizationServerRequest(
        new Request("https://a.example", { method: "OPTIONS" }),
        options,
      ),
    least: { issuer: ISSUER },
    optional: ["platform"],
  },
  jwtVerifier: {
    make: gatehouse.jwtVerifier,
    least: { authorization_servers: [ISSUER] },
    optional: ["issuers", "tokenCacheBytes", "platform"],
  },
  introspectionVerifier: {
    make: gatehouse.introspectionVerifier,
    least: { issuer: ISSUER, client: CLIENT },
    optional: [
      "introspection_endpoint",
      "audience",
      "claims",
      "cacheSeconds",
      "platform",
    ],
  },
  lambdaAuthorizer: {
    make: lambdaAuthorizer,
    least: { metadata: METADATA },
    optional: [
      "metadataUrl",
      "issuers",
      "verifyAccessToken",
      "scopes",
      "clockToleranceSeconds",
      "tokenCacheBytes",
      "onDecision",
      "platform",
      "refusals",
      "answer",
    ],
  },
  "express' protectedResource": {
    make: protectedInExpress,
    least: { metadata: METADATA },
    optional: ["metadataUrl", "scopes", "anonymous", "path"],
  },
  "hono's protectedResource": {
    make: protectedResource,
    least: { metadata: METADATA },
    optional: ["metadataUrl", "scopes", "otherwise"],
  },
  logDecisions: {
    make: gatehouse.logDecisions,
    least: {},
    optional: ["format", "write"],
  },
  oauthBridge: {
    make: bridge.oauthBridge,
    least: {
      issuer: "https://auth.example.com",
      resources: ["https://notes.example.com/mcp"],
      secrets: [btoa("x".repeat(16) + "0123456789abcdef")],
      upstream: bridge.gitHub({ client_id: "a", client_secret: "b" }),
    },
    optional: [
      "scopes_supported",
      "scopeDescriptions",
      "authorize",
      "claims",
      "accessTokenSeconds",
      "upstreamTokens",
      "dpop",
      "signingKey",
      "allowedRedirectHosts",
      "redirectSchemes",
      "clientDocuments",
      "resolveHost",
      "store",
      "onProblem",
      "otherwise",
      "platform",
    ],
  },
  memoryStore: {
    make: bridge.memoryStore,
    least: {},
    optional: ["maxEntries", "now"],
  },
  ...Object.fromEntries(
    ([
      ["atlassian", {}, []],
      ["discord", {}, []],
      ["google", {}, []],
      ["slack", {}, []],
      ["gitHub", {}, ["host"]],
      ["gitLab", {}, ["issuer"]],
      ["okta", { issuer: "https://a.okta.com" }, []],
      ["entraId", { tenant: "11111111-1111-1111-1111-111111111111" }, []],
      ["openIdConnect", { issuer: "https://a.example" }, [
        "name",
        "authentication",
        "parameters",
      ]],
    ] as const).map(([name, least, optional]) => [`the bridge's ${name}`, {
      make: bridge[name],
      least: { ...CLIENT, ...least },
      optional: [...optional, "scope"],
    }]),
  ),
  forwardTo: {
    make: (options) => forwardTo("http://localhost:3000/mcp", options),
    least: {},
    optional: [
      "secrets",
      "identity",
      "issuer",
      "path",
      "timeoutSeconds",
      "maxBodyBytes",
      "maxOpen",
      "onError",
      "fetch",
      "now",
    ],
  },
  toNodeListener: {
    make: (options) => toNodeListener(handler, options),
    least: {},
    optional: ["onError"],
  },
  toRouteHandlers: {
    make: (options) => toRouteHandlers(handler, options),
    least: {},
    optional: ["waitUntil"],
  },
  protectWorker: {
    make: (options) =>
      protectWorker({ fetch: handler }, () => options).fetch(
        new Request("https://a.example/elsewhere"),
        {},
        { waitUntil: () => {} },
      ),
    least: { metadata: METADATA },
    optional: ["scopes", "platform"],
  },
  testIssuer: {
    make: testIssuer,
    least: { issuer: ISSUER, audience: "a" },
    optional: ["keys", "metadata", "client", "platform"],
  },
  apiKeyVerifier: {
    make: apiKeyVerifier,
    least: {
      prefix: "notes_",
      issuer: ISSUER,
      resource: METADATA.resource,
      keys: [{
        id: "a",
        sha256: "0".repeat(64),
        scopes: [],
        expires: "2027-06-30",
      }],
    },
    optional: [],
  },
  dpop: {
    make: dpop,
    least: { mode: "optional" },
    optional: ["algorithms", "maxAgeSeconds", "nonce", "replay"],
  },
  testKeyHolder: {
    make: testKeyHolder,
    least: {},
    optional: ["alg", "now"],
  },
  examine: {
    make: (options) =>
      examine("https://a.example/mcp", {
        ...options,
        platform: options.platform ?? testNetwork(),
      }),
    least: {},
    optional: [
      "tokens",
      "allowHosts",
      "lookup",
      "origin",
      "deadlineSeconds",
      "onExchange",
    ],
  },
  formatReport: {
    make: (options) => formatReport(REPORT, options),
    least: {},
    optional: ["colors", "columns"],
  },
  adFs: {
    make: providers.adFs,
    least: { domain: "adfs.example.com" },
    optional: ["audience", "tokenIssuer"],
  },
  dex: {
    make: providers.dex,
    least: { issuer: "https://dex.example.com", audience: "a" },
    optional: [],
  },
  auth0: {
    make: providers.auth0,
    least: { domain: "a.auth0.com" },
    optional: ["audience", "scopeClaim"],
  },
  authKit: {
    make: providers.authKit,
    least: { domain: "a.authkit.app" },
    optional: ["audience", "machines"],
  },
  clerk: {
    make: providers.clerk,
    least: { domain: "a.clerk.app" },
    optional: ["audience"],
  },
  cognito: {
    make: providers.cognito,
    least: {
      userPoolId: "eu-central-1_AbCdEf123",
      resource: "https://a.example",
    },
    optional: ["clientIds", "issuerType"],
  },
  descope: {
    make: providers.descope,
    least: { projectId: "P1" },
    optional: ["mcpServerId", "tenantIds", "url", "audience"],
  },
  entraId: {
    make: providers.entraId,
    least: {
      tenantId: "11111111-1111-1111-1111-111111111111",
      clientId: "11111111-1111-1111-1111-111111111111",
    },
    optional: ["applicationIdUri", "version1", "authority"],
  },
  googleServiceAccounts: {
    make: providers.googleServiceAccounts,
    least: { accounts: { "a@b.iam.gserviceaccount.com": [] } },
    optional: ["audience"],
  },
  keycloak: {
    make: providers.keycloak,
    least: { url: "https://a.example", realm: "a" },
    optional: ["audience"],
  },
  logto: {
    make: providers.logto,
    least: { domain: "a.logto.app" },
    optional: ["audience"],
  },
  okta: {
    make: providers.okta,
    least: { domain: "a.okta.com", audience: "a" },
    optional: ["authorizationServerId"],
  },
  ory: {
    make: providers.ory,
    least: { domain: "a.oryapis.com" },
    optional: ["audience"],
  },
  scalekit: {
    make: providers.scalekit,
    least: { environmentUrl: "https://a.scalekit.com", resourceId: "res_1" },
    optional: [],
  },
  stytch: {
    make: providers.stytch,
    least: { domain: "a.stytch.com", projectId: "project-1" },
    optional: ["audience"],
  },
  supabase: {
    make: providers.supabase,
    least: { domain: "a.supabase.co" },
    optional: ["audience"],
  },
  zitadel: {
    make: providers.zitadel,
    least: { domain: "a.zitadel.cloud", projectId: "1" },
    optional: [],
  },
};

/** A way to misspell a name: a letter too many, as in `scqopes`. */
const misspelt = (name: string): string =>
  `${name.slice(0, 2)}q${name.slice(2)}`;

async function refusalOf(entry: Entry, options: unknown): Promise<string> {
  const error = await assertRejects(
    async () => await entry.make(options),
    TypeError,
  );
  assert(error.message.startsWith("Cannot use "), error.message);
  return error.message;
}

for (const [name, entry] of Object.entries(entries)) {
  const { least, optional } = entry;

  test(`${name}: what is undefined is the same as absent`, async () => {
    await entry.make(least);
    const absent = Object.fromEntries(
      optional.map((member) => [member, undefined]),
    );
    await entry.make({ ...least, ...absent });
  });

  for (const member of [...Object.keys(least), ...optional]) {
    test(`${name} refuses a misspelt ${member}, and asks whether it was meant`, async () => {
      const wrong = misspelt(member);
      const message = await refusalOf(entry, { ...least, [wrong]: undefined });
      assert(/^Cannot use (?:cors\.)?(.*?): /.exec(message)?.[1] === wrong);
      if (member.length > 3) {
        assert(message.includes(`did you mean ${member}?`), message);
      }
    });
  }

  test(`${name} refuses a member that it does not know, and names those that it does`, async () => {
    const message = await refusalOf(entry, { ...least, colour: "red" });
    assert(/^Cannot use (?:cors\.)?colour: use /.test(message), message);
  });

  test(`${name} refuses what is no object of options`, async () => {
    for (const options of [null, [], "options", 1, () => ({})]) {
      if (name === "examine" || name === "protectWorker") continue;
      await refusalOf(entry, options);
    }
  });
}

const issuers = (rules: unknown): Options => ({ issuers: { [ISSUER]: rules } });

/** Members at any depth, and what is said of them. */
const deep: readonly (readonly [
  entry: string,
  options: Options,
  message: string,
])[] = [
  [
    "protectResource",
    { cors: { origin: ["https://a"] } },
    "cors.origin: did you mean origins?",
  ],
  [
    "protectResource",
    { cors: { allowedOrigins: [] } },
    "cors.allowedOrigins: did you mean origins?",
  ],
  [
    "protectResource",
    { cors: { maxAge: 1 } },
    "cors.maxAge: did you mean maxAgeSeconds?",
  ],
  [
    "protectResource",
    issuers({ algorithm: ["RS256"] }),
    `issuers["${ISSUER}"].algorithm: did you mean algorithms?`,
  ],
  [
    "protectResource",
    issuers({ jwksUri: "https://a" }),
    `issuers["${ISSUER}"].jwksUri: did you mean jwks_uri?`,
  ],
  ["protectResource", issuers({ aud: "a" }), `issuers["${ISSUER}"].aud: use`],
  [
    "protectResource",
    { mirror: { isuer: ISSUER } },
    "mirror.isuer: did you mean issuer?",
  ],
  ["protectResource", {
    mirror: { issuer: ISSUER, platform: { fetsh: fetch } },
  }, "mirror.platform.fetsh: did you mean fetch?"],
  [
    "protectResource",
    { platform: { fetsh: fetch } },
    "platform.fetsh: did you mean fetch?",
  ],
  [
    "protectResource",
    { platform: { wait_until: () => {} } },
    "platform.wait_until: did you mean waitUntil?",
  ],
  [
    "protectResource",
    { metadata: { ...METADATA, scope_supported: ["a"] } },
    "metadata.scope_supported: did you mean scopes_supported?",
  ],
  ["protectResource", {
    metadata: { resource: METADATA.resource, authorizationServers: [ISSUER] },
  }, "metadata.authorizationServers: did you mean authorization_servers?"],
  [
    "protectResource",
    { metadata: { ...METADATA, resourceName: "a" } },
    "metadata.resourceName: did you mean resource_name?",
  ],
  [
    "protectResource",
    { metadata: { ...METADATA, "resource_nam#fr": "a" } },
    "metadata.resource_nam: did you mean resource_name?",
  ],
  [
    "protectResource",
    { scopes: { require: ["a"] } },
    "scopes.require: did you mean required?",
  ],
  [
    "protectResource",
    { scopes: { requiredScopes: ["a"] } },
    "scopes.requiredScopes: did you mean scopes.required?",
  ],
  [
    "protectResource",
    { scopes: { operation: {} } },
    "scopes.operation: did you mean operations?",
  ],
  [
    "protectResource",
    { scopes: { authentication: { require: {} } } },
    "scopes.authentication.require: did you mean required?",
  ],
  ["protectResource", {
    scopes: { authentication: { required: { maxAge: 1 } } },
  }, "scopes.authentication.required.maxAge: did you mean max_age?"],
  [
    "protectResource",
    {
      scopes: {
        authentication: {
          operations: { "tools/call": { a: { acrValues: ["a"] } } },
        },
      },
    },
    'scopes.authentication.operations["tools/call"]["a"].acrValues: did you mean acr_values?',
  ],
  [
    "jwtVerifier",
    issuers({ algorithm: ["RS256"] }),
    `issuers["${ISSUER}"].algorithm: did you mean algorithms?`,
  ],
  [
    "jwtVerifier",
    { platform: { fetsh: fetch } },
    "platform.fetsh: did you mean fetch?",
  ],
  ["introspectionVerifier", {
    client: { ...CLIENT, methods: "client_secret_post" },
  }, "client.methods: did you mean method?"],
  ["introspectionVerifier", {
    client: { clientId: "a", client_secret: "CANARY" },
  }, "client.clientId: did you mean client_id?"],
  [
    "introspectionVerifier",
    { client: { client_id: "a", secret: "CANARY" } },
    "client.secret: did you mean client_secret?",
  ],
  ["introspectionVerifier", {
    client: { client_id: "a", private_key: {}, method: "client_secret_post" },
  }, "client.method: use client_id, private_key, kid"],
  ["introspectionVerifier", {
    client: { access_token: "CANARY", client_id: "a" },
  }, "client.client_id: use access_token"],
  [
    "introspectionVerifier",
    { platform: { cach: {} } },
    "platform.cach: did you mean cache?",
  ],
  [
    "introspectionVerifier",
    { client_secret: "CANARY" },
    "client_secret: did you mean client.client_secret?",
  ],
  [
    "lambdaAuthorizer",
    { scopes: { operations: {} } },
    "scopes.operations: use initial, required, implies",
  ],
  [
    "lambdaAuthorizer",
    { refusals: "forwards" },
    'refusals: use "deny" or "forward"',
  ],
  [
    "lambdaAuthorizer",
    { answer: "Policy" },
    'answer: use "simple" or "policy"',
  ],
  [
    "lambdaAuthorizer",
    issuers({ algorithm: [] }),
    `issuers["${ISSUER}"].algorithm: did you mean algorithms?`,
  ],
  ["lambdaAuthorizer", { cors: {} }, "cors: use metadata"],
  [
    "express' protectedResource",
    { otherwise: handler },
    "otherwise: Express answers requests to other paths, by the routes behind the middleware",
  ],
  [
    "express' protectedResource",
    { scopes: { lists: ["tools/list"] } },
    "scopes.lists: a middleware cannot change what later handlers send, use protectResource() with toNodeListener() of",
  ],
  [
    "hono's protectedResource",
    { path: "/mcp" },
    "path: Hono decides where the middleware is mounted",
  ],
  [
    "protectResources, one of them",
    { otherwise: handler },
    "otherwise: pass it in the options of protectResources",
  ],
  [
    "testIssuer",
    { client: { client_id: "a", secret: "b" } },
    "client.secret: did you mean client_secret?",
  ],
  [
    "testIssuer",
    { platform: { fetsh: fetch } },
    "platform.fetsh: did you mean fetch?",
  ],
  ["testIssuer", { platform: {} }, "platform: give testNetwork()"],
  [
    "examine",
    { tokens: { wrong_audience: "a" } },
    "tokens.wrong_audience: did you mean wrongAudience?",
  ],
  [
    "examine",
    { platform: { fetsh: fetch } },
    "platform.fetsh: did you mean fetch?",
  ],
];

for (const [name, options, expected] of deep) {
  test(`${name} refuses ${expected}`, async () => {
    const entry = entries[name]!;
    const message = await refusalOf(entry, { ...entry.least, ...options });
    assertEquals(
      message.slice(0, `Cannot use ${expected}`.length),
      `Cannot use ${expected}`,
    );
    assertEquals(message.includes("CANARY"), false);
  });
}

/** What belongs elsewhere, or has another name in other libraries. */
const elsewhere: readonly (readonly [name: string, place: string])[] = [
  ["resource", "metadata.resource"],
  ["authorization_servers", "metadata.authorization_servers"],
  ["authorizationServers", "metadata.authorization_servers"],
  ["issuer", "metadata.authorization_servers"],
  ["scopes_supported", "metadata.scopes_supported"],
  ["requiredScopes", "scopes.required"],
  ["audience", 'issuers["https://…"].audience'],
  ["jwksUri", 'issuers["https://…"].jwks_uri'],
  ["origins", "cors.origins"],
  ["fetch", "platform.fetch"],
  ["verify", "verifyAccessToken"],
  ["clockTolerance", "clockToleranceSeconds"],
];

for (const [name, place] of elsewhere) {
  test(`protectResource says where ${name} belongs: ${place}`, async () => {
    const message = await refusalOf(entries.protectResource!, { [name]: "a" });
    const start = `Cannot use ${name}: did you mean ${place}?`;
    assertEquals(message.slice(0, start.length), start);
  });
}

/** Values of the wrong kind, and the fix that the error names. */
const values: readonly (readonly [
  why: string,
  options: Options,
  message: string,
])[] = [
  [
    "no metadata",
    { metadata: undefined },
    "metadata: write resource and authorization_servers in it",
  ],
  [
    "an issuer as a string",
    { metadata: { ...METADATA, authorization_servers: "https://as.example" } },
    'metadata.authorization_servers: name at least one issuer in an array, such as ["https://as.example"]',
  ],
  [
    "a resource without a scheme",
    { metadata: { ...METADATA, resource: "notes.example.com/mcp" } },
    'metadata.resource "notes.example.com/mcp": write an absolute https URL, such as https://notes.example.com/mcp',
  ],
  [
    "a loopback resource without a scheme",
    { metadata: { ...METADATA, resource: "localhost:8787/mcp" } },
    'metadata.resource "localhost:8787/mcp": write an absolute https URL, such as http://localhost:8787/mcp',
  ],
  [
    "a resource that is a path",
    { metadata: { ...METADATA, resource: "/mcp" } },
    'metadata.resource "/mcp": write an absolute https URL',
  ],
  ["a resource that is a URL object", {
    metadata: { ...METADATA, resource: new URL("https://a.example") },
  }, "metadata.resource (object): write an absolute https URL, as a string"],
  [
    "an issuer without a scheme",
    { metadata: { ...METADATA, authorization_servers: ["as.example"] } },
    'issuer "as.example": write an absolute https URL, such as https://as.example',
  ],
  ["an issuer of http", {
    metadata: { ...METADATA, authorization_servers: ["http://as.example"] },
  }, "issuer http://as.example: use https"],
  ["an issuer that is no string", {
    metadata: { ...METADATA, authorization_servers: [undefined] },
  }, "issuer (undefined): write an absolute https URL, as a string"],
  ["a function for issuers", {
    metadata: { ...METADATA, authorization_servers: () => [ISSUER] },
  }, "metadata.authorization_servers: name at least one issuer in an array"],
  ["a string for scopes_supported", {
    metadata: { ...METADATA, scopes_supported: "a" },
  }, 'metadata.scopes_supported: write an array of scopes, such as ["a"]'],
  ["a string for a boolean", {
    metadata: { ...METADATA, dpop_bound_access_tokens_required: "true" },
  }, "metadata.dpop_bound_access_tokens_required: write true or false"],
  [
    "an array for scopes",
    { scopes: ["a"] },
    'scopes: write an object, such as { required: ["notes:read"] }',
  ],
  [
    "a string for scopes",
    { scopes: "a" },
    'scopes: write an object, such as { required: ["notes:read"] }',
  ],
  [
    "a string for required scopes",
    { scopes: { required: "a" } },
    'scopes.required: write an array of scopes, such as ["a"]',
  ],
  [
    "a function for initial scopes",
    { scopes: { initial: () => ["a"] } },
    "scopes.initial: write an array of scopes",
  ],
  [
    "an array for operations",
    { scopes: { operations: ["tools/call"] } },
    "scopes.operations: write an object",
  ],
  [
    "a string for a method",
    { scopes: { operations: { "tools/call": "a" } } },
    'scopes.operations["tools/call"]["*"]: write an array of scopes, such as ["a"]',
  ],
  ["an unset variable for a method", {
    scopes: { operations: { "tools/call": undefined } },
  }, 'scopes.operations["tools/call"]["*"]: write an array of scopes'],
  ["an unset variable for a tool", {
    scopes: { operations: { "tools/call": { a: undefined } } },
  }, 'scopes.operations["tools/call"]["a"]: write an array of scopes'],
  [
    "a misspelt method",
    { scopes: { operations: { "tool/call": ["a"] } } },
    'scopes.operations["tool/call"]: did you mean tools/call?',
  ],
  ["a misspelt method of a login", {
    scopes: { authentication: { operations: { "tool/call": {} } } },
  }, 'scopes.authentication.operations["tool/call"]: did you mean tools/call?'],
  [
    "a misspelt list",
    { scopes: { lists: ["tool/list"] } },
    'scopes.lists "tool/list": use tools/list',
  ],
  [
    "a string for implied scopes",
    { scopes: { implies: { a: "b" } } },
    'scopes.implies["a"]: write an array of scopes, such as ["b"]',
  ],
  ["an array for issuers", { issuers: [ISSUER] }, "issuers: write an object"],
  [
    "null for an issuer's rules",
    { issuers: { [ISSUER]: null } },
    `issuers["${ISSUER}"]: write an object`,
  ],
  [
    "an empty string for implied scopes",
    { scopes: { implies: { a: "" } } },
    'scopes.implies["a"]: write an array of scopes',
  ],
  [
    "a slash too many",
    { issuers: { [`${ISSUER}/`]: {} } },
    `issuers["${ISSUER}/"]: it is not one of authorization_servers, did you mean ${ISSUER}?`,
  ],
  [
    "no audience",
    issuers({ audience: [] }),
    `issuers["${ISSUER}"].audience: write a string`,
  ],
  [
    "an unset audience",
    issuers({ audience: "" }),
    `issuers["${ISSUER}"].audience: write a string`,
  ],
  [
    "a string for algorithms",
    issuers({ algorithms: "RS256" }),
    `issuers["${ISSUER}"].algorithms: use RS256`,
  ],
  [
    "a string for claims",
    issuers({ claims: "scp" }),
    `issuers["${ISSUER}"].claims: give a function`,
  ],
  [
    "a string for origins",
    { cors: { origins: "https://a.example" } },
    "cors.origins: list each as https://app.example, or give a function",
  ],
  [
    "a string for headers",
    { cors: { allowHeaders: "X-A" } },
    "cors.allowHeaders: list names of headers",
  ],
  [
    "a header that is none",
    { cors: { exposeHeaders: ["X-A", "a b"] } },
    "cors.exposeHeaders: list names of headers",
  ],
  [
    "a string for seconds",
    { cors: { maxAgeSeconds: "60" } },
    "cors.maxAgeSeconds: use a number of seconds",
  ],
  [
    "a string for bytes",
    { maxBodyBytes: "1" },
    "maxBodyBytes: use a positive number",
  ],
  [
    "null for cors",
    { cors: null },
    "cors: write an object with origins, hosts",
  ],
  ["true for mirror", { mirror: true }, "mirror: write an object with issuer"],
  [
    "false for mirror",
    { mirror: false },
    "mirror: write an object with issuer",
  ],
  [
    "a fetch that is none",
    { platform: { fetch: "fetch" } },
    "platform.fetch: give a function",
  ],
  [
    "a cache that is none",
    { platform: { cache: new Map() } },
    "platform.cache: give an object with match and put",
  ],
  ["a verifier of an SDK", {
    verifyAccessToken: { verifyAccessToken: () => {} },
  }, "verifyAccessToken: give a function"],
];

for (const [why, options, expected] of values) {
  test(`protectResource names the fix for ${why}`, async () => {
    const entry = entries.protectResource!;
    const message = await refusalOf(entry, { ...entry.least, ...options });
    const start = `Cannot use ${expected}`;
    assertEquals(message.slice(0, start.length), start);
  });
}

test("what is undefined within the options is the same as absent", async () => {
  const { handle, issuer, network } = protect({
    metadata: {
      ...METADATA,
      scopes_supported: undefined,
      resource_name: undefined,
    },
    issuers: {
      [ISSUER]: {
        audience: undefined,
        typ: undefined,
        algorithms: undefined,
        jwks_uri: undefined,
        claims: undefined,
      },
    },
    scopes: {
      initial: undefined,
      required: undefined,
      operations: undefined,
      implies: undefined,
      authentication: { required: undefined, operations: undefined },
      lists: undefined,
    },
    cors: {
      origins: undefined,
      hosts: undefined,
      allowHeaders: undefined,
      exposeHeaders: undefined,
      maxAgeSeconds: undefined,
    },
    mirror: undefined,
  } as Made);
  const token = await issuer.token();
  const response = await handle(post({ token, body: callOf("a") }));
  assertEquals(response.status, 200);
  assertEquals(network.requests.length > 0, true);
  const page = { headers: { origin: "https://evil.example" } };
  assertEquals((await handle(post(page))).status, 403);
});

test("a platform may have members of its own, and metadata additional ones", () => {
  gatehouse.protectResource(handler, {
    metadata: {
      ...METADATA,
      "resource_name#fr": "Les notes",
      resource_logo: "https://a.example/logo",
      x_internal: 1,
    },
    platform: { ...testNetwork(), pass: () => {}, tracer: {} },
  } as Made);
});

test("an entry that is given keys and a network uses them, misspelt or not", async () => {
  const issuer = await testIssuer({
    issuer: ISSUER,
    audience: "a",
    keys: [key],
    platform: testNetwork(),
  });
  assertEquals(issuer.keys, [key]);
});

test("serve refuses a misspelt option before it listens", async () => {
  if (!("Deno" in globalThis)) return;
  for (
    const [options, message] of [
      [{ prot: 8787 }, "prot: did you mean port?"],
      [{ port: "8787" }, "port: use a number from 0 to 65535"],
      [{ port: 65_536 }, "port: use a number from 0 to 65535"],
      [{ grace: 1 }, "grace: did you mean graceSeconds?"],
      [{ signal: {} }, "signal: give an AbortSignal"],
    ] as const
  ) {
    await assertRejects(
      () => serve(handler, options as Made),
      TypeError,
      `Cannot use ${message}`,
    );
  }
});

test("an AccessTokenError refuses options and reasons that nobody reads", () => {
  for (
    const [reason, options, message] of [
      ["insufficient_scope", { scopes: ["a"] }, "scopes: did you mean scope?"],
      [
        "insufficient_scope",
        { scope: "a" },
        "scope: write an array of strings",
      ],
      ["expired", { maxAge: 1 }, "maxAge: did you mean max_age?"],
      ["invalid_token", {}, "reason invalid_token: use no_credentials,"],
      ["toString", {}, "reason toString: use no_credentials,"],
    ] as const
  ) {
    assertThrows(
      () => new gatehouse.AccessTokenError(reason as Made, options as Made),
      TypeError,
      `Cannot use ${message}`,
    );
  }
});
