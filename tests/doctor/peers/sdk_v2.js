// The helpers of the TypeScript SDK v2, as its documentation puts them together.
import {
  getOAuthProtectedResourceMetadataUrl,
  localhostAllowedOrigins,
  OAuthError,
  OAuthErrorCode,
  oauthMetadataResponse,
  originValidationResponse,
  requireBearerAuth,
} from "@modelcontextprotocol/server";
import process from "node:process";

const { PORT, ISSUER } = process.env;
const resourceServerUrl = new URL(`http://localhost:${PORT}/mcp`);
const oauthMetadata =
  await (await fetch(`${ISSUER}/.well-known/oauth-authorization-server`))
    .json();
const gate = requireBearerAuth({
  verifier: {
    verifyAccessToken: () =>
      Promise.reject(new OAuthError(OAuthErrorCode.InvalidToken, "not known")),
  },
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resourceServerUrl),
});

Bun.serve({
  port: Number(PORT),
  hostname: "localhost",
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthcheck") return new Response("OK");
    const refused = originValidationResponse(
      request,
      localhostAllowedOrigins(),
    );
    if (refused) return refused;
    const document = oauthMetadataResponse(request, {
      oauthMetadata,
      resourceServerUrl,
      scopesSupported: ["notes:read"],
    });
    if (document) return document;
    if (pathname !== "/mcp") return new Response(null, { status: 404 });
    return await gate(request);
  },
});
