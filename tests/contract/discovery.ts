/**
 * How a client that knows nothing but the resource's URL finds its way (RFC 9728), whatever its generation.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import type { Expectation, Server } from "./expectation.ts";
import { assertChallenge, assertNoChallenge, json, post } from "./messages.ts";
import { send } from "./wire.ts";

/** Where clients look for the resource's own document. The first is the one of RFC 9728. */
export const RESOURCE_DOCUMENTS: readonly string[] = [
  "/.well-known/oauth-protected-resource/mcp",
  "/.well-known/oauth-protected-resource",
  "/mcp/.well-known/oauth-protected-resource",
];
/** Where clients look for the authorization server's, if they look for it here. */
export const SERVER_DOCUMENTS: readonly string[] = [
  "/.well-known/oauth-authorization-server",
  "/.well-known/oauth-authorization-server/mcp",
  "/.well-known/openid-configuration",
  "/.well-known/openid-configuration/mcp",
  "/mcp/.well-known/openid-configuration",
];

/** Where there is no document. */
const NOWHERE: readonly (readonly [why: string, path: string])[] = [
  ["another resource's metadata", "/.well-known/oauth-protected-resource/x"],
  ["another mirror", "/.well-known/oauth-authorization-server/x"],
  ["another OpenID mirror", "/.well-known/openid-configuration/x"],
  ["keys, which the issuer has", "/.well-known/jwks.json"],
  ["an unknown document", "/.well-known/nothing"],
  ["the folder of documents", "/.well-known/"],
  ["a path that only begins like the resource's", "/mcpx"],
  ["an unknown path", "/nothing"],
];

/** What proxies say about a request, and anyone can. */
const FORWARDED: readonly (readonly [name: string, value: string])[] = [
  ["X-Forwarded-Host", "evil.example"],
  ["X-Forwarded-Proto", "https"],
  ["X-Forwarded-Port", "444"],
  ["X-Forwarded-Prefix", "/evil"],
  ["X-Forwarded-Server", "evil.example"],
  ["X-Original-URL", "/evil"],
  ["X-Rewrite-URL", "/evil"],
  ["X-Original-Host", "evil.example"],
  ["Forwarded", "host=evil.example;proto=https"],
];

export const discovery: readonly Expectation[] = [
  ...[...RESOURCE_DOCUMENTS, ...SERVER_DOCUMENTS].flatMap(publicDocument),
  {
    name: "discovery: the document's members are the configured ones",
    check: async (server): Promise<void> => {
      const answer = await server.fetch(RESOURCE_DOCUMENTS[0]!);
      assertEquals(json(answer), {
        resource: server.resource,
        authorization_servers: [server.issuer.identifier],
        scopes_supported: ["notes:read", "notes:write"],
        resource_name: "Notes",
        bearer_methods_supported: ["header"],
      });
    },
  },
  {
    name: "discovery: the document is the same byte for byte at all its URLs",
    check: (server): Promise<void> => assertSame(server, RESOURCE_DOCUMENTS),
  },
  {
    name:
      "discovery: a challenge leads to the document, and that to the resource",
    check: async (server): Promise<void> => {
      const { headers } = await post(server, {});
      const [, url] = /resource_metadata="([^"]*)"/.exec(
        headers.get("www-authenticate") ?? "",
      ) ?? [];
      assert(url !== undefined);
      const { resource } = json(await server.fetch(url)) as {
        resource: string;
      };
      assertEquals(resource, server.resource);
    },
  },
  {
    name: "discovery: a bad token does not hide the document",
    check: async (server): Promise<void> => {
      for (const path of [RESOURCE_DOCUMENTS[0]!, SERVER_DOCUMENTS[0]!]) {
        const headers = { authorization: "Bearer bad" };
        const { status } = await server.fetch(path, { headers });
        assertEquals(status, 200);
      }
    },
  },
  ...NOWHERE.map(([why, path]): Expectation => ({
    name: `discovery: there is nothing at ${path} (${why})`,
    check: async (server): Promise<void> => {
      const answer = await server.fetch(path);
      assertNoChallenge(answer, 404);
      json(answer);
    },
  })),
  ...FORWARDED.map((field): Expectation => ({
    name: `discovery: ${field[0]} changes no document and no challenge`,
    check: async (server): Promise<void> => {
      for (const target of [RESOURCE_DOCUMENTS[0]!, SERVER_DOCUMENTS[0]!]) {
        const plain = await server.fetch(target);
        const fields = [field];
        const answer = await send(server, { method: "GET", target, fields });
        assertEquals(answer.status, 200);
        assertEquals(answer.body, asLatin1(plain.body));
      }
      const answer = await send(server, { fields: [field] });
      assertChallenge(answer, server, { status: 401 });
    },
  })),
  {
    name: "discovery: another Host changes no document",
    check: async (server): Promise<void> => {
      for (const target of [RESOURCE_DOCUMENTS[0]!, SERVER_DOCUMENTS[0]!]) {
        const plain = await server.fetch(target);
        const request = { method: "GET", target, host: "evil.example" };
        const answer = await send(server, request);
        assertEquals(answer.status, 200);
        assertEquals(answer.body, asLatin1(plain.body));
      }
    },
  },
  {
    name: "discovery: /healthcheck is open to all",
    check: async (server): Promise<void> => {
      const { status, body } = await server.fetch("/healthcheck");
      assertEquals([status, body], [200, "OK"]);
    },
  },
];

/** Asserts that all the paths have one document. */
export async function assertSame(
  server: Server,
  paths: readonly string[],
): Promise<void> {
  const bodies = new Set<string>();
  for (const path of paths) {
    const { status, body } = await server.fetch(path);
    assertEquals(status, 200, path);
    bodies.add(body);
  }
  assertEquals(bodies.size, 1);
}

/** What is true of each public document, whichever it is. */
function publicDocument(path: string): Expectation[] {
  return [
    {
      name: `discovery: GET ${path} is open, JSON, and cacheable for a while`,
      check: async (server): Promise<void> => {
        const answer = await server.fetch(path);
        assertNoChallenge(answer, 200);
        assertNotEquals(json(answer), {});
        assertPublic(answer.headers);
      },
    },
    {
      name: `discovery: HEAD ${path} is GET without the document`,
      check: async (server): Promise<void> => {
        const { status, headers, body } = await server.fetch(path, {
          method: "HEAD",
        });
        assertEquals([status, body], [200, ""]);
        assertMatch(headers.get("content-type") ?? "", /^application\/json/);
        assertPublic(headers);
      },
    },
    {
      name: `discovery: OPTIONS ${path} lets every page read it`,
      check: async (server): Promise<void> => {
        const { status, headers, body } = await server.fetch(path, {
          method: "OPTIONS",
          headers: {
            origin: "https://inspector.example",
            "access-control-request-method": "GET",
            "access-control-request-headers": "mcp-protocol-version",
          },
        });
        assertEquals([status, body], [204, ""]);
        assertEquals(headers.get("access-control-allow-origin"), "*");
        const allowed = headers.get("access-control-allow-headers") ?? "";
        assertMatch(allowed, /(?:^|,)\s*MCP-Protocol-Version\s*(?:,|$)/i);
        const methods = headers.get("access-control-allow-methods") ?? "";
        assertMatch(methods, /\bGET\b/);
      },
    },
    {
      name: `discovery: ${path} takes no other method, and says which`,
      check: async (server): Promise<void> => {
        for (const method of ["POST", "PUT", "DELETE"]) {
          const answer = await server.fetch(path, { method });
          assertNoChallenge(answer, 405);
          assertMatch(answer.headers.get("allow") ?? "", /\bGET\b.*\bHEAD\b/);
        }
      },
    },
  ];
}

function assertPublic(headers: Headers): void {
  assertEquals(headers.get("access-control-allow-origin"), "*");
  const seconds = /^public, max-age=(\d+)$/.exec(
    headers.get("cache-control") ?? "",
  )?.[1];
  assert(Number(seconds) > 0 && Number(seconds) <= 3600, seconds);
}

/** A text as {@linkcode send} reads it, which knows bytes and no characters. */
function asLatin1(text: string): string {
  return new TextDecoder("latin1").decode(new TextEncoder().encode(text));
}
