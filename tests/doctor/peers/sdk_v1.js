// The helpers of the TypeScript SDK v1, mounted as in its example.
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
} from "@modelcontextprotocol/sdk/server/auth/router.js";
import { InvalidTokenError } from "@modelcontextprotocol/sdk/server/auth/errors.js";
import { createMcpExpressApp } from "@modelcontextprotocol/sdk/server/express.js";
import process from "node:process";

const { PORT, ISSUER } = process.env;
const resourceServerUrl = new URL(`http://localhost:${PORT}/mcp`);
const oauthMetadata =
  await (await fetch(`${ISSUER}/.well-known/oauth-authorization-server`))
    .json();
const app = createMcpExpressApp();
app.get("/healthcheck", (_request, response) => response.send("OK"));
app.use(
  mcpAuthMetadataRouter({
    oauthMetadata,
    resourceServerUrl,
    scopesSupported: ["notes:read"],
    resourceName: "peer",
  }),
);
app.use(
  "/mcp",
  requireBearerAuth({
    verifier: {
      verifyAccessToken: () =>
        Promise.reject(new InvalidTokenError("not known")),
    },
    requiredScopes: [],
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(
      resourceServerUrl,
    ),
  }),
);
app.listen(Number(PORT), "localhost");
