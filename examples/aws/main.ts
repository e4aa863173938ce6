/**
 * The two functions behind a stand-in for API Gateway, on this machine: `deno task example aws`. The
 * variables are those of every example (`../environment.ts`), and a development authorization server starts beside
 * it where none is configured.
 *
 * @module
 */

import process from "node:process";
import { startDevIssuer } from "@gatehouse/mcp-auth/dev-issuer";
import { exitOnError, readEnvironment } from "../environment.ts";
import { startupMessage } from "../page.ts";
import { AUTHORIZER, RESPONSE_PARAMETERS, routesOf } from "./api.ts";
import { httpApi } from "./gateway.ts";

/** What is used of Deno's own global. */
declare const Deno: {
  serve(
    options: {
      readonly port: number;
      readonly hostname: string;
      readonly onListen: () => void;
    },
    handler: (
      request: Request,
      info: { readonly remoteAddr: { readonly hostname: string } },
    ) => Promise<Response>,
  ): void;
};

async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  const { resource, port, host, authPort, autoApprove } = environment;
  const development = environment.authorizationServers === undefined;
  const authorizationServers = environment.authorizationServers ?? [
    (await startDevIssuer({
      port: authPort,
      resource,
      scopes: ["notes:read", "notes:write", "notes:admin"],
      autoApprove,
    })).issuer,
  ];

  // As Lambda does: what a function knows is in its environment when it is loaded.
  process.env.MCP_RESOURCE = resource;
  process.env.MCP_AUTHORIZATION_SERVERS = authorizationServers.join(",");
  process.env.REFUSALS = "forward";
  const authorizer = await import("./authorizer.ts");
  const mcp = await import("./mcp.ts");

  const api = httpApi({
    routes: routesOf(resource),
    authorizer: { handler: authorizer.handler, ...AUTHORIZER },
    integration: mcp.handler,
    responseParameters: RESPONSE_PARAMETERS,
  });
  const introduction = { resource, authorizationServers, development };
  Deno.serve({
    port,
    hostname: host,
    onListen: () => process.stdout.write(startupMessage(introduction)),
  }, (request, { remoteAddr }) => api(request, remoteAddr.hostname));
}

await main().catch(exitOnError);
