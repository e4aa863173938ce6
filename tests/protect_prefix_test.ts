import { assert, assertEquals, assertThrows } from "@std/assert";
import { Hono } from "hono";
import { test } from "node:test";
import {
  lambdaAuthorizer,
  type LambdaResult,
  type SimpleAnswer,
  toLambdaHandler,
} from "../src/adapters/aws_lambda.ts";
import { protectedResource } from "../src/adapters/hono.ts";
import { parseChallenges } from "../src/http/www_authenticate.ts";
import type { ProtectedResourceOptions } from "../src/options.ts";
import { protectResource } from "../src/protect_resource.ts";
import { protectResources } from "../src/protect_resources.ts";
import { testIssuer } from "../src/testing/mod.ts";
import type { Handler } from "../src/types.ts";
import {
  authorizerEvent,
  httpApiEvent,
  restApiEvent,
  type Sample,
  withAuthorization,
} from "./adapters/aws_samples.ts";

const ISSUER = "https://auth.example.com";
const WELL_KNOWN = "/.well-known/oauth-protected-resource";

/** What a server is told where only a part of its origin's paths comes to it. */
type Options = Pick<ProtectedResourceOptions, "path" | "metadataUrl">;

/** A platform that passes on only paths below a prefix. */
interface Front {
  readonly resource: string;
  readonly options: Options;
  /** How it serves a resource. All other paths of its origin are the platform's. */
  readonly serve: (options: ProtectedResourceOptions) => Handler;
}

const hello: Handler = () => new Response("Hello");

/** Takes a prefix off the path, and passes nothing else on. */
function stripping(prefix: string, handle: Handler): Handler {
  return (request) => {
    const { origin, pathname, search } = new URL(request.url);
    return pathname.startsWith(`${prefix}/`) || pathname === prefix
      ? handle(
        new Request(
          `${origin}${pathname.slice(prefix.length) || "/"}${search}`,
          request,
        ),
      )
      : new Response("<h1>404</h1>", { status: 404 });
  };
}

/** A stage of API Gateway on its own domain, which answers other paths by itself. */
function stage(
  toEvent: (request: Request) => Sample,
  handle: Handler,
): Handler {
  const invoke = toLambdaHandler(handle);
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/prod/")) {
      return Response.json({ message: "Forbidden" }, { status: 403 });
    }
    const { statusCode, headers, body }: LambdaResult = await invoke(
      toEvent(request),
    );
    return new Response(body || null, {
      status: statusCode,
      headers: headers as Record<string, string>,
    });
  };
}

function context(request: Request): Sample {
  return {
    ...httpApiEvent().requestContext,
    stage: "prod",
    http: { method: request.method },
  };
}

/** An HTTP API writes the stage before the path. */
function httpApi(request: Request): Sample {
  const { pathname } = new URL(request.url);
  return httpApiEvent({
    rawPath: pathname,
    rawQueryString: "",
    headers: Object.fromEntries(request.headers),
    cookies: undefined,
    body: undefined,
    requestContext: context(request),
  });
}

/** A REST API takes it off. */
function restApi(request: Request): Sample {
  const headers = Object.fromEntries(request.headers);
  return restApiEvent({
    httpMethod: request.method,
    path: new URL(request.url).pathname.slice("/prod".length),
    headers,
    multiValueHeaders: undefined,
    multiValueQueryStringParameters: undefined,
    queryStringParameters: undefined,
    body: null,
  });
}

const SUPABASE = "https://abcdefghijklmnopqrst.supabase.co/functions/v1/notes";
const STAGE = "https://id.execute-api.us-east-1.amazonaws.com/prod";
const GOOGLE = "https://us-central1-acme.cloudfunctions.net/notes";

const supabase: Front["serve"] = (options) =>
  stripping("/functions/v1", protectResource(hello, options));
const cloudFunctions: Front["serve"] = (options) =>
  stripping("/notes", protectResource(hello, options));
const httpStage: Front["serve"] = (options) =>
  stage(httpApi, protectResource(hello, options));
const restStage: Front["serve"] = (options) =>
  stage(restApi, protectResource(hello, options));

/** Hono decides which paths are the resource's, so there is no `path` to tell. */
function onHono(
  mount: (guard: ReturnType<typeof protectedResource>) => Hono,
): Front["serve"] {
  return (options) => {
    const app = mount(protectedResource(options));
    return stripping("/functions/v1", (request) => app.fetch(request));
  };
}

const fronts: readonly (readonly [why: string, front: Front])[] = [
  ["a Supabase Edge Function", {
    resource: SUPABASE,
    options: { path: "/notes", metadataUrl: `${SUPABASE}${WELL_KNOWN}` },
    serve: supabase,
  }],
  ["a Supabase Edge Function, by a name of its own choice", {
    resource: SUPABASE,
    options: {
      path: "/notes",
      metadataUrl: `${SUPABASE}/oauth-protected-resource`,
    },
    serve: supabase,
  }],
  ["a Supabase Edge Function whose resource is a path further down", {
    resource: `${SUPABASE}/mcp`,
    options: {
      path: "/notes/mcp",
      metadataUrl: `${SUPABASE}/mcp${WELL_KNOWN}`,
    },
    serve: supabase,
  }],
  ["a stage of an HTTP API", {
    resource: `${STAGE}/mcp`,
    options: { path: "/mcp", metadataUrl: `${STAGE}/mcp${WELL_KNOWN}` },
    serve: httpStage,
  }],
  ["a stage of a REST API", {
    resource: `${STAGE}/mcp`,
    options: { path: "/mcp", metadataUrl: `${STAGE}/mcp${WELL_KNOWN}` },
    serve: restStage,
  }],
  ["a stage of a REST API, beside the resource", {
    resource: `${STAGE}/mcp`,
    options: { path: "/mcp", metadataUrl: `${STAGE}${WELL_KNOWN}/mcp` },
    serve: restStage,
  }],
  ["a Cloud Function, whose name is taken off", {
    resource: GOOGLE,
    options: { path: "", metadataUrl: `${GOOGLE}${WELL_KNOWN}` },
    serve: cloudFunctions,
  }],
  ["a proxy that passes on the path as it is", {
    resource: "https://example.com/team/mcp",
    options: { metadataUrl: `https://example.com/team/metadata` },
    serve: (options) => {
      const handle = protectResource(hello, options);
      return (request) =>
        new URL(request.url).pathname.startsWith("/team/")
          ? handle(request)
          : new Response(null, { status: 404 });
    },
  }],
  ["Hono with a base path on Supabase", {
    resource: SUPABASE,
    options: { metadataUrl: `${SUPABASE}${WELL_KNOWN}` },
    serve: onHono((guard) =>
      new Hono().basePath("/notes").use(guard).all("/", (c) => c.text("Hello"))
    ),
  }],
  ["a part of a Hono app on Supabase", {
    resource: `${SUPABASE}/mcp`,
    options: { metadataUrl: `${SUPABASE}/mcp/oauth-protected-resource` },
    serve: onHono((guard) =>
      new Hono().use("/notes/mcp/*", guard)
        .all("/notes/mcp", (c) => c.text("Hello"))
    ),
  }],
  ["a Hono app that another hands requests to, on Supabase", {
    resource: `${SUPABASE}/mcp`,
    options: { metadataUrl: `${SUPABASE}/mcp${WELL_KNOWN}` },
    serve: onHono((guard) =>
      new Hono().mount(
        "/notes",
        new Hono().use("/mcp/*", guard)
          .all("/mcp", (c) => c.text("Hello")).fetch,
      )
    ),
  }],
];

for (const [why, { resource, options, serve }] of fronts) {
  test(`protectResource() leads a client to its metadata, and lets it in, behind ${why}`, async () => {
    const issuer = await testIssuer({ issuer: ISSUER, audience: resource });
    const send = serve({
      metadata: { resource, authorization_servers: [ISSUER] },
      platform: issuer.platform,
      ...options,
    });
    const refused = await send(new Request(resource));
    assertEquals(refused.status, 401);
    const url = metadataUrlIn(refused);
    assertEquals(url, options.metadataUrl);
    for (const method of ["GET", "OPTIONS"]) {
      const answer = await send(new Request(url, { method }));
      assert(answer.ok, `${method} ${url}: ${answer.status}`);
      assertEquals(answer.headers.get("access-control-allow-origin"), "*");
      if (method === "GET") {
        assertEquals((await answer.json()).resource, resource);
      }
    }
    const headers = { authorization: `Bearer ${await issuer.token()}` };
    const accepted = await send(new Request(resource, { headers }));
    assertEquals(await accepted.text(), "Hello");
  });
}

function metadataUrlIn({ headers }: Pick<Response, "headers">): string {
  const [challenge] = parseChallenges(headers.get("www-authenticate") ?? "");
  return challenge?.params.resource_metadata ?? "";
}

test("protectResource() names metadataUrl in every challenge", async () => {
  const resource = `${STAGE}/mcp`;
  const metadataUrl = `${STAGE}/metadata`;
  const issuer = await testIssuer({ issuer: ISSUER, audience: resource });
  const handle = protectResource(hello, {
    metadata: { resource, authorization_servers: [ISSUER] },
    metadataUrl,
    scopes: {
      required: ["notes:read"],
      authentication: { required: { acr_values: ["high"] } },
    },
    platform: issuer.platform,
  });
  const tokens: readonly (readonly [status: number, token?: string])[] = [
    [401],
    [401, "bad"],
    [400, "one, Bearer two"],
    [403, await issuer.token({ acr: "high" })],
    [401, await issuer.token({ scope: "notes:read" })],
  ];
  for (const [status, token] of tokens) {
    const response = await handle(
      new Request(resource, {
        headers: token === undefined
          ? {}
          : { authorization: `Bearer ${token}` },
      }),
    );
    assertEquals(response.status, status);
    assertEquals(metadataUrlIn(response), metadataUrl);
  }
});

test("protectResource() publishes at the usual places too, where a metadataUrl is set", async () => {
  const resource = "https://example.com/team/mcp";
  const handle = protectResource(hello, {
    metadata: { resource, authorization_servers: [ISSUER] },
    metadataUrl: "https://example.com/team/metadata",
  });
  for (
    const path of [
      `${WELL_KNOWN}/team/mcp`,
      WELL_KNOWN,
      `/team/mcp${WELL_KNOWN}`,
      "/team/metadata",
    ]
  ) {
    const answer = await handle(new Request(`https://example.com${path}`));
    assertEquals((await answer.json()).resource, resource, path);
  }
});

test("lambdaAuthorizer() names metadataUrl in the challenge that it hands on", async () => {
  const resource = `${STAGE}/mcp`;
  const metadataUrl = `${STAGE}/mcp${WELL_KNOWN}`;
  const metadata = { resource, authorization_servers: [ISSUER] };
  const authorize = lambdaAuthorizer({
    metadata,
    metadataUrl,
    refusals: "forward",
  });
  const event = withAuthorization(httpApiEvent(), "Bearer bad");
  const { context } = await authorize(
    authorizerEvent(event, "prod"),
  ) as SimpleAnswer;
  assertEquals(
    parseChallenges(context.challenge ?? "")[0]?.params.resource_metadata,
    metadataUrl,
  );
  assertThrows(
    () =>
      lambdaAuthorizer({ metadata, metadataUrl: "https://example.com/prod" }),
    TypeError,
    "Cannot use metadataUrl",
  );
});

/** Two resources of an origin, and where each is mounted and publishes its metadata. */
const pairs: readonly (readonly [
  why: string,
  error: string | undefined,
  first: Options,
  second: Options,
])[] = [
  ["each below itself", undefined, {
    metadataUrl: `https://example.com/api/a/metadata`,
    path: "/a",
  }, { metadataUrl: `https://example.com/api/b/metadata`, path: "/b" }],
  ["each at a path of its own", undefined, {
    metadataUrl: "https://example.com/metadata/a",
    path: "/a",
  }, { metadataUrl: "https://example.com/metadata/b", path: "/b" }],
  ["one of them below the other", undefined, {
    metadataUrl: "https://example.com/b/metadata",
    path: "/a",
  }, { path: "/b" }],
  ["both at one path", "another document or resource is at /metadata", {
    metadataUrl: "https://example.com/metadata",
    path: "/a",
  }, { metadataUrl: "https://example.com/metadata", path: "/b" }],
  ["one where the other is mounted", "another document or resource is at /b", {
    metadataUrl: "https://example.com/b",
    path: "/a",
  }, { path: "/b" }],
  [
    "one where the other's is anyway",
    `another document or resource is at ${WELL_KNOWN}/api/b`,
    {
      metadataUrl: `https://example.com${WELL_KNOWN}/api/b`,
      path: "/a",
    },
    { path: "/b" },
  ],
];

for (const [why, error, ...options] of pairs) {
  test(`protectResources() ${error ? "cannot publish" : "publishes"} metadata of two resources, ${why}`, async () => {
    const resources = options.map((own, i) =>
      [hello, {
        metadata: {
          resource: `https://example.com/api/${"ab"[i]}`,
          authorization_servers: [ISSUER],
        },
        ...own,
      }] as const
    );
    if (error !== undefined) {
      assertThrows(() => protectResources(resources), TypeError, error);
      return;
    }
    const handle = protectResources(resources);
    for (const [, { metadata, metadataUrl, path }] of resources) {
      if (metadataUrl === undefined) continue;
      const challenged = await handle(
        new Request(`https://example.com${path}`),
      );
      assertEquals(metadataUrlIn(challenged), metadataUrl);
      const { pathname } = new URL(metadataUrl);
      // What the proxy leaves of it: all resources here are mounted without /api.
      const arrived = pathname.replace(/^\/api/, "");
      const answer = await handle(new Request(`https://example.com${arrived}`));
      assertEquals((await answer.json()).resource, metadata.resource);
    }
  });
}
