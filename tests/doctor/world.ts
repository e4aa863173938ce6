/**
 * A small internet in memory, in which an MCP server and its authorization server have no fault but those that a
 * test gives them.
 *
 * @module
 */

import type { ProtectedResourceOptions } from "../../src/options.ts";
import { AccessTokenError } from "../../src/errors.ts";
import { examine, type ExamineOptions } from "../../src/doctor/examine.ts";
import type { Report } from "../../src/doctor/report.ts";
import { protectResource } from "../../src/protect_resource.ts";

/** The MCP endpoint. */
export const URL_OF_MCP = "https://notes.example.com/mcp";
/** The authorization server. */
export const ISSUER = "https://auth.example.com/tenant1";
/** What the MCP server says of itself. */
export const RESOURCE_METADATA =
  "https://notes.example.com/.well-known/oauth-protected-resource/mcp";
/** The same, at the root. */
export const ROOT_METADATA =
  "https://notes.example.com/.well-known/oauth-protected-resource";
/** What the authorization server says of itself. */
export const SERVER_METADATA =
  "https://auth.example.com/.well-known/oauth-authorization-server/tenant1";
/** Its mirror at the MCP server. */
export const MIRROR =
  "https://notes.example.com/.well-known/oauth-authorization-server";
/** The one token that the MCP server accepts. */
export const TOKEN = "a-token-that-nobody-may-write-down";

/** Answers a request. */
export type Answer = (request: Request) => Response | Promise<Response>;
/** Something wrong with the world: answers in its place, with what it would have answered at hand. */
export type Fault = (
  request: Request,
  healthy: Answer,
) => Response | Promise<Response>;

/** Examines the MCP server of a world with these faults, and says which URLs were asked for. */
export async function examineWorld(
  faults: readonly Fault[],
  options: ExamineOptions = {},
  url: string = URL_OF_MCP,
  guard: Partial<ProtectedResourceOptions> = {},
): Promise<{ readonly report: Report; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const answer = faults.reduce<Answer>(
    (healthy, fault) => (request) => fault(request, healthy),
    healthyWorld(guard),
  );
  const report = await examine(url, {
    ...options,
    platform: {
      fetch: async (target, init) => {
        asked.push(`${init.method ?? "GET"} ${target}`);
        return await answer(new Request(target, init));
      },
      ...options.platform,
    },
  });
  return { report, asked };
}

/** The codes of what was found, advice included. */
export function codesOf({ findings, advice = [] }: Report): string[] {
  return [...findings, ...advice].map(({ code }) => code);
}

/** A fault of one URL's answers, or of one method's at one URL: `POST https://…`. */
export function at(place: string, fault: Fault): Fault {
  return (request, healthy) => {
    const url = request.url.replace(/\?.*$/, "");
    return url === place || `${request.method} ${url}` === place
      ? fault(request, healthy)
      : healthy(request);
  };
}

/** Answers with a status, a body and fields. */
export function says(
  status: number,
  body: string = "",
  headers: Readonly<Record<string, string>> = {},
): Fault {
  return () =>
    new Response([204, 304].includes(status) ? null : body, {
      status,
      headers,
    });
}

/** Leaves out a field, or writes another one in its place. */
export function field(name: string, value: string | undefined): Fault {
  return async (request, healthy) => {
    const response = await healthy(request);
    const headers = new Headers(response.headers);
    if (value === undefined) headers.delete(name);
    else headers.set(name, value);
    const { status, body } = response;
    return new Response(body, { status, headers });
  };
}

/** Changes members of a document; `undefined` leaves one out. */
export function members(changes: Readonly<Record<string, unknown>>): Fault {
  return async (request, healthy) => {
    const response = await healthy(request);
    if (request.method !== "GET" || response.status !== 200) return response;
    const document = { ...await response.json(), ...changes };
    return new Response(JSON.stringify(document), {
      headers: response.headers,
    });
  };
}

/** Only some answers have a fault. */
export function only(
  isMeant: (request: Request) => boolean,
  fault: Fault,
): Fault {
  return (request, healthy) =>
    isMeant(request) ? fault(request, healthy) : healthy(request);
}

/** Whether a request comes without a token. */
export function isAnonymous({ headers }: Request): boolean {
  return !headers.has("authorization");
}

const OPEN = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "content-type, mcp-protocol-version",
};

/** No fault at all. */
function healthyWorld(guard: Partial<ProtectedResourceOptions>): Answer {
  const documents: Record<string, unknown> = {
    [SERVER_METADATA]: {
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      token_endpoint: `${ISSUER}/token`,
      registration_endpoint: `${ISSUER}/register`,
      jwks_uri: `${ISSUER}/jwks`,
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["none"],
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
    },
    [`${ISSUER}/jwks`]: { keys: [{ kty: "OKP", crv: "Ed25519", x: "AA" }] },
  };
  const server: Answer = ({ url, method }) => {
    if (method === "OPTIONS") {
      return new Response(null, { status: 204, headers: OPEN });
    }
    if (url === `${ISSUER}/token`) {
      const body = { error: "invalid_grant" };
      return Response.json(body, { status: 400, headers: OPEN });
    }
    const document = documents[url];
    return document === undefined
      ? new Response("Not found", { status: 404, headers: OPEN })
      : Response.json(document, {
        headers: { ...OPEN, "cache-control": "max-age=300" },
      });
  };
  const mcp = protectResource(
    () => Response.json({ jsonrpc: "2.0", id: 1, result: {} }),
    {
      metadata: {
        resource: URL_OF_MCP,
        authorization_servers: [ISSUER],
        scopes_supported: ["notes:read"],
      },
      scopes: { initial: ["notes:read"] },
      verifyAccessToken: (token) => {
        if (token !== TOKEN) throw new AccessTokenError("malformed_token");
        const exp = Math.floor(Date.now() / 1000) + 300;
        return Promise.resolve({ iss: ISSUER, sub: "1", aud: URL_OF_MCP, exp });
      },
      platform: {
        fetch: async (url, init) => await server(new Request(url, init)),
      },
      ...guard,
    },
  );
  return (request) => {
    const { host } = new URL(request.url);
    if (host === "notes.example.com") return mcp(request);
    if (host === "auth.example.com") return server(request);
    throw new TypeError(`There is no ${host}`);
  };
}
