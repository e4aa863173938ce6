// The MCP SDK, both majors.
import { protectResource } from "@gatehouse/mcp-auth";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { OAuthTokenVerifier } from "@modelcontextprotocol/sdk/server/auth/provider.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { AuthInfo } from "@modelcontextprotocol/sdk/server/auth/types.js";
import {
  createMcpHandler,
  McpServer as McpServer2,
} from "@modelcontextprotocol/server";

const options = {
  metadata: {
    resource: "https://notes.example.com/mcp",
    authorization_servers: ["https://auth.example.com"],
  },
};

export const v1 = protectResource(async (request, context) => {
  const server = new McpServer({ name: "notes", version: "1.0.0" });
  const transport = new WebStandardStreamableHTTPServerTransport();
  await server.connect(transport);
  const authInfo: AuthInfo = context.authInfo;
  return await transport.handleRequest(request, { ...context, authInfo });
}, options);

export const v1Whole = protectResource(async (request, context) => {
  const transport = new WebStandardStreamableHTTPServerTransport();
  return await transport.handleRequest(request, context);
}, options);

const handler = createMcpHandler(() =>
  new McpServer2({ name: "notes", version: "1.0.0" })
);
export const v2 = protectResource(
  (request, context) => handler.fetch(request, context),
  options,
);

declare const verifier: OAuthTokenVerifier;
export const verified = protectResource(() => new Response("Hello"), {
  ...options,
  verifyAccessToken: async (token) => {
    const { clientId, scopes, expiresAt, resource } = await verifier
      .verifyAccessToken(token);
    return {
      iss: "https://auth.example.com",
      aud: resource?.href,
      exp: expiresAt,
      client_id: clientId,
      scope: scopes.join(" "),
    };
  },
});
