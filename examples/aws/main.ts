/**
 * The two functions behind a stand-in for API Gateway, on this machine: `deno task example aws` behind an HTTP API, and
 * `deno task example aws-rest` behind a REST API that streams. The
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
import { awslambda } from "./response_stream.ts";
import {
  gatewayResponsesOf,
  methodsOf,
  REST_AUTHORIZER,
  STREAMING_SCOPES,
} from "./rest_api.ts";
import { restApi } from "./rest_gateway.ts";
import { NOTES_ISSUER_SCOPES } from "../notes_scopes.ts";

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

/** A stand-in that answers requests. */
type Api = (request: Request, sourceIp?: string) => Promise<Response>;

async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  const { resource, port, host, authPort, autoApprove, dpop } = environment;
  const development = environment.authorizationServers === undefined;
  const authorizationServers = environment.authorizationServers ?? [
    (await startDevIssuer({
      port: authPort,
      resource,
      ...NOTES_ISSUER_SCOPES,
      autoApprove,
      ...(dpop && { dpop: true }),
    })).issuer,
  ];

  // As Lambda does: what a function knows is in its environment when it is loaded.
  process.env.MCP_RESOURCE = resource;
  process.env.MCP_AUTHORIZATION_SERVERS = authorizationServers.join(",");
  const api = await (process.argv[2] === "rest" ? startRest : startHttp)(
    resource,
  );
  const introduction = { resource, authorizationServers, development };
  Deno.serve({
    port,
    hostname: host,
    onListen: () => process.stdout.write(startupMessage(introduction)),
  }, (request, { remoteAddr }) => api(request, remoteAddr.hostname));
}

/** The HTTP API, whose function answers for the authorizer too. */
async function startHttp(resource: string): Promise<Api> {
  process.env.REFUSALS = "forward";
  const authorizer = await import("./authorizer.ts");
  const mcp = await import("./mcp.ts");
  return httpApi({
    routes: routesOf(resource),
    authorizer: { handler: authorizer.handler, ...AUTHORIZER },
    integration: mcp.handler,
    responseParameters: RESPONSE_PARAMETERS,
  });
}

/** The REST API that streams, and answers by itself what its authorizer does not let through. */
async function startRest(resource: string): Promise<Api> {
  process.env.REFUSALS = "unauthorized";
  process.env.AUTHORIZER_SCOPES ??= STREAMING_SCOPES;
  Object.assign(globalThis, { awslambda });
  const authorizer = await import("./authorizer.ts");
  const mcp = await import("./mcp_streaming.ts");
  return restApi({
    routes: methodsOf(resource),
    authorizer: { handler: authorizer.handler, ...REST_AUTHORIZER },
    integration: mcp.handler,
    responses: gatewayResponsesOf({
      resource,
      scopes: process.env.AUTHORIZER_SCOPES || "notes:read",
      denied: "insufficient_scope",
    }),
  });
}

await main().catch(exitOnError);
