// mcp-auth, in its resource server mode.
import express from "express";
import { MCPAuth } from "mcp-auth";
import process from "node:process";

const { PORT, ISSUER } = process.env;
const resource = `http://localhost:${PORT}/mcp`;
const mcpAuth = new MCPAuth({
  protectedResources: [{
    metadata: {
      resource,
      authorizationServers: [{ issuer: ISSUER, type: "oauth" }],
      scopesSupported: ["notes:read"],
    },
  }],
});
const app = express();
app.get("/healthcheck", (_request, response) => response.send("OK"));
app.use(mcpAuth.protectedResourceMetadataRouter());
app.use(
  "/mcp",
  mcpAuth.bearerAuth("jwt", {
    resource,
    audience: resource,
    requiredScopes: ["notes:read"],
  }),
);
app.listen(Number(PORT), "localhost");
