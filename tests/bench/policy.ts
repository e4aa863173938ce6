/**
 * What a scope policy costs, which reads the body so that the SDK need not: the SDK's own reading and answer is the
 * base, for a small body and a large one.
 *
 * @module
 */
// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/server/webStandardStreamableHttp"
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import {
  type AuthContext,
  protectResource,
  type ScopePolicy,
} from "../../mod.ts";
import { expectStatus, measure, report, type Variant } from "./measure.ts";
import { METADATA, platform, RESOURCE, sign } from "./subject.ts";

const SIZES = { "1 kB": 1000, "1 MB": 1_000_000 } as const;

const POLICY: ScopePolicy = {
  operations: {
    "tools/call": { "*": ["notes:read"], add_note: ["notes:write"] },
    "resources/read": { "notes://{id}": ["notes:read"] },
  },
};

const token = await sign();

async function serve(
  request: Request,
  context?: AuthContext,
): Promise<Response> {
  const server = new McpServer({ name: "measured", version: "1.0.0" });
  server.registerTool("add_note", {}, () => ({ content: [] }));
  const transport = new WebStandardStreamableHTTPServerTransport({
    enableJsonResponse: true,
  });
  await server.connect(transport);
  const response = await transport.handleRequest(request, context);
  await server.close();
  return response;
}

function requestOf(body: string): Request {
  return new Request(RESOURCE, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      authorization: `Bearer ${token}`,
    },
    body,
  });
}

const options = { metadata: METADATA, platform };
const unread = protectResource(serve, options);
const read = protectResource(serve, { ...options, scopes: POLICY });

report(
  await measure(
    Object.entries(SIZES).flatMap(([size, length]): Variant[] => {
      const body = JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "add_note", arguments: { text: "x".repeat(length) } },
      });
      const base = `${size}: the SDK alone`;
      const variant = (
        name: string,
        handle: (request: Request) => Response | Promise<Response>,
      ): Variant => ({
        name,
        base,
        run: () => handle(requestOf(body)),
        check: () => expectStatus(200, handle(requestOf(body))),
      });
      return [
        variant(base, serve),
        variant(`${size}: guarded, no policy`, unread),
        variant(`${size}: guarded, by a policy`, read),
      ];
    }),
  ),
);
