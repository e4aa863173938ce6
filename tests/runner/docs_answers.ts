/**
 * How a request comes to what a document's example protects.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parseChallenges } from "../../mod.ts";
import { servers } from "../support/listening.ts";

/** How a request comes to what a block protects. */
export type Answer = (request: Request) => Promise<Response>;

/** What Deno, Bun and Workers serve. */
export interface Site {
  readonly default: {
    fetch(
      request: Request,
      env: Readonly<Record<string, string>>,
      context: { waitUntil(work: unknown): void },
    ): Promise<Response>;
  };
}

type Routes = Readonly<Record<string, Answer>>;

/** Of an HTTP API, in payload format 2.0. */
interface LambdaEvent {
  readonly requestContext: Readonly<Record<string, unknown>>;
  readonly [name: string]: unknown;
}

interface LambdaResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Lambda<Result> = (event: LambdaEvent) => Promise<Result>;

interface Verdict {
  readonly isAuthorized: boolean;
  readonly context: Readonly<Record<string, string>>;
}

/** By the default export, with what a Worker is given. */
export function byFetch({ default: site }: Site): Answer {
  const env = {
    MCP_RESOURCE: "https://notes.example.com/mcp",
    MCP_AUTHORIZATION_SERVER: "https://auth.example.com",
  };
  return (request) => site.fetch(request, env, { waitUntil: String });
}

/** By one export for each method. */
export function byMethod(routes: Routes): Answer {
  return (request) => routes[request.method]!(request);
}

/** By a platform that passes on only paths below a prefix, and takes that off. */
export function below(prefix: string, answer: Answer): Answer {
  return async (request) => {
    const { method, headers } = request;
    const url = new URL(request.url);
    if (!url.pathname.startsWith(`${prefix}/`)) {
      return new Response(null, { status: 404 });
    }
    url.pathname = url.pathname.slice(prefix.length);
    const body = method === "GET" ? null : await request.text();
    return await answer(new Request(url, { method, headers, body }));
  };
}

/** By a Lambda function. */
export function byLambda(
  { handler }: { handler: Lambda<LambdaResult> },
): Answer {
  return async (request) => responseOf(await handler(await eventOf(request)));
}

/** By a Lambda function behind its authorizer. */
export function byLambdas(
  { authorizer, mcp }: {
    authorizer: Lambda<Verdict>;
    mcp: Lambda<LambdaResult>;
  },
): Answer {
  return async (request) => {
    const event = await eventOf(request);
    const { isAuthorized, context } = await authorizer({
      ...event,
      type: "REQUEST",
      routeArn: "arn:aws:execute-api:eu-west-1:1:api/$default/POST/mcp",
    });
    assertEquals(isAuthorized, true);
    const requestContext = {
      ...event.requestContext,
      authorizer: { lambda: context },
    };
    return responseOf(await mcp({ ...event, requestContext }));
  };
}

async function eventOf(request: Request): Promise<LambdaEvent> {
  const { pathname, host } = new URL(request.url);
  return {
    version: "2.0",
    rawPath: pathname,
    rawQueryString: "",
    headers: { ...Object.fromEntries(request.headers), host },
    requestContext: {
      domainName: host,
      stage: "$default",
      http: { method: request.method, path: pathname },
    },
    body: await request.text(),
    isBase64Encoded: false,
  };
}

function responseOf({ statusCode, headers, body }: LambdaResult): Response {
  return new Response(body, { status: statusCode, headers });
}

/** By the server that the block has just made. */
export async function byListener(): Promise<Answer> {
  const origin = await originOf(servers[0]!);
  return async (request) => {
    const { method, headers, url } = request;
    const { pathname } = new URL(url);
    const body = method === "GET" ? null : await request.text();
    return await fetch(origin + pathname, { method, headers, body });
  };
}

/** Where a server listens, as soon as it does. */
export async function originOf(server: Server): Promise<string> {
  if (!server.listening) await once(server, "listening");
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

/** Without a token there is a 401, with a challenge that leads to the metadata. */
export async function assertProtected(
  answer: Answer,
  resource: string,
): Promise<void> {
  const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
  const headers = { "content-type": "application/json" };
  const refused = await answer(
    new Request(resource, { method: "POST", headers, body }),
  );
  assertEquals(refused.status, 401, await refused.text());
  const [challenge] = parseChallenges(
    refused.headers.get("www-authenticate") ?? "",
  );
  const url = challenge?.params.resource_metadata ?? "";
  // Where the platform has that URL for itself, the server says another one.
  const { status } = await answer(new Request(insertWellKnown(resource)));
  if (status === 200) assertEquals(url, insertWellKnown(resource));
  const found = await answer(new Request(url));
  assertEquals(found.status, 200);
  assertEquals((await found.json()).resource, resource);
}

/** The URL of a resource's metadata (RFC 9728 §3.1). */
export function insertWellKnown(resource: string): string {
  const { origin, pathname } = new URL(resource);
  return `${origin}/.well-known/oauth-protected-resource${pathname}`;
}
