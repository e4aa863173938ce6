/**
 * An MCP server and its authorization server, each answer of which a test can replace. They only answer what a client
 * asks before its user signs in.
 *
 * @module
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** An answer. Default: 200, without headers. A string is sent as it is, anything else as JSON. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Where the two servers are. */
export interface Places {
  /** The MCP server's origin. */
  readonly mcp: string;
  /** The authorization server's origin. */
  readonly issuer: string;
}

/** What differs from a server without faults: answers by URL. `undefined`: 404. */
export type Fault = (
  places: Places,
) => Readonly<Record<string, Reply | undefined>>;

/** The path of the issuer. */
export const ISSUER_PATH = "/tenant1";
/** Where the user signs in: not where a client guesses it. */
export const SIGN_IN_PATH = "/sign-in";
/** The paths of the documents. */
export const RESOURCE = "/.well-known/oauth-protected-resource/mcp";
export const RESOURCE_ROOT = "/.well-known/oauth-protected-resource";
export const OAUTH = "/.well-known/oauth-authorization-server/tenant1";
export const OPENID = "/.well-known/openid-configuration/tenant1";

/** The resource's metadata. */
export function resourceDocument(
  { mcp, issuer }: Places,
): Record<string, unknown> {
  return {
    resource: `${mcp}/mcp`,
    authorization_servers: [issuer + ISSUER_PATH],
    scopes_supported: ["notes:read"],
  };
}

/** The issuer's metadata, with what OpenID Connect requires. */
export function issuerDocument({ issuer }: Places): Record<string, unknown> {
  return {
    issuer: issuer + ISSUER_PATH,
    authorization_endpoint: issuer + SIGN_IN_PATH,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ["code"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["none"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  };
}

/** Lends the servers to a function, and stops them afterwards. */
export async function withFault(
  fault: Fault,
  use: (places: Places) => Promise<void>,
): Promise<void> {
  const replies = new Map<string, Reply | undefined>();
  const servers = [await listen(replies), await listen(replies)] as const;
  const [mcp, issuer] = [originOf(servers[0]), originOf(servers[1])];
  const places = { mcp, issuer };
  const healthy: Record<string, Reply> = {
    [`${mcp}/mcp`]: challenge(`resource_metadata="${mcp}${RESOURCE}"`),
    [mcp + RESOURCE]: { body: resourceDocument(places) },
    [issuer + OAUTH]: { body: issuerDocument(places) },
    [`${issuer}/jwks`]: { body: { keys: [] } },
    [`${issuer}/token`]: { status: 400, body: { error: "invalid_grant" } },
  };
  for (const [url, reply] of Object.entries({ ...healthy, ...fault(places) })) {
    replies.set(url, reply);
  }
  try {
    await use(places);
  } finally {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  }
}

/** A 401 with these parameters of a challenge, or with another scheme. */
export function challenge(parameters: string, scheme = "Bearer"): Reply {
  const headers = { "www-authenticate": `${scheme} ${parameters}`.trim() };
  return { status: 401, headers, body: {} };
}

async function listen(
  replies: ReadonlyMap<string, Reply | undefined>,
): Promise<Server> {
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const url = `http://${request.headers.host}${request.url}`.split("?")[0];
    const reply: Reply =
      request.url === "/register" && request.method === "POST"
        ? { status: 201, body: { ...JSON.parse(body), client_id: "client" } }
        : replies.get(url ?? "") ?? { status: 404, body: {} };
    response.writeHead(reply.status ?? 200, {
      "content-type": "application/json",
      ...reply.headers,
    }).end(
      typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body),
    );
  }).listen(0, "localhost");
  await once(server, "listening");
  return server;
}

function originOf(server: Server): string {
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
