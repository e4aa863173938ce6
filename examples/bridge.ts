/**
 * The notes MCP server behind a bridge to an identity provider with which clients cannot register, in one process and on
 * one port: `deno task example bridge`, `bun run examples/bridge.ts`, or `node examples/bridge.ts` on Node 24. Where no
 * provider is configured, a development provider is started. The variables it reads are in `environment.ts` and
 * `bridge_environment.ts`.
 *
 * @module
 */

import { type ProtectedHandler, protectResource } from "@gatehouse/mcp-auth";
import {
  oauthBridge,
  openIdConnect,
  type UpstreamProvider,
} from "@gatehouse/mcp-auth/bridge";
import { toNodeListener } from "@gatehouse/mcp-auth/node";
import { once } from "node:events";
import { createServer } from "node:http";
import process from "node:process";
import { notesOptions, withPages } from "./app.ts";
import { readBridgeEnvironment } from "./bridge_environment.ts";
import { developmentSecret } from "./development_secret.ts";
import {
  type Environment,
  exitOnError,
  readEnvironment,
} from "./environment.ts";
import { handleNotes } from "./notes.ts";
import { NOTES_SCOPE_DESCRIPTIONS } from "./notes_scopes.ts";
import { startupMessage } from "./page.ts";

async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  const { port, host, resource, dpop } = environment;
  const settings = readBridgeEnvironment(process.env, resource);
  const { issuer, atDouble } = settings;
  const development = settings.provider === undefined;
  const provider = settings.provider ??
    await startDevelopmentProvider(environment, issuer);

  const bridge = oauthBridge({
    issuer,
    resources: [resource],
    secrets: settings.secrets ?? [secretOfItsOwn()],
    upstream: atDouble === undefined ? provider : {
      ...provider,
      authorizationUrl: atDouble,
    },
    scopes_supported: ["notes:read", "notes:write", "notes:admin"],
    scopeDescriptions: NOTES_SCOPE_DESCRIPTIONS,
    // Without MCP_DPOP the server would reject bound tokens.
    ...(dpop === undefined && { dpop: null }),
    ...(settings.documentsOnLoopback && { clientDocuments: "loopback" }),
    ...(atDouble !== undefined && {
      platform: { fetch: (url, init) => fetch(atDouble(new URL(url)), init) },
    }),
    onProblem: (problem) => process.stderr.write(`Bridge: ${problem}\n`),
    otherwise: (request, context) => mcp(request, context),
  });

  /** A tool would call the provider with this token; here it only says whether there is one. */
  const handle: ProtectedHandler = async (request, context) => {
    const upstream = await bridge.upstreamToken(context.authInfo) !== undefined;
    const extra = { ...context.authInfo.extra, upstream };
    return await handleNotes(request, {
      ...context,
      authInfo: { ...context.authInfo, extra },
    });
  };
  const introduction = {
    resource,
    authorizationServers: [bridge.issuer],
    dpop,
    development,
  };
  const mcp = protectResource(handle, {
    ...notesOptions(introduction),
    verifyAccessToken: bridge.verifyAccessToken,
    mirror: null,
  });

  const listener = toNodeListener(withPages(bridge.fetch, introduction), {
    onError: (error) => process.stderr.write(`${error}\n`),
  });
  const server = createServer(listener);
  server.listen(port, host);
  await once(server, "listening");
  process.stdout.write(startupMessage(introduction));
}

/** An OpenID provider that believes every user name, knows one application and lets nobody register. */
async function startDevelopmentProvider(
  { authPort, resource, autoApprove }: Environment,
  issuer: string,
): Promise<UpstreamProvider> {
  const { startDevIssuer } = await import(
    "@gatehouse/mcp-auth/dev-issuer"
  );
  const client_id = "notes-bridge";
  const client_secret = crypto.randomUUID();
  const server = await startDevIssuer({
    port: authPort,
    resource,
    scopes: [],
    autoApprove,
    application: { client_id, client_secret, callback: `${issuer}/callback` },
  });
  return openIdConnect({
    issuer: server.issuer,
    name: "the development provider",
    client_id,
    client_secret,
    // Its sign-in page asks for consent already.
    parameters: {},
  });
}

function secretOfItsOwn(): string {
  process.stderr.write(
    "BRIDGE_SECRETS is not set: using examples/.development-secret\n",
  );
  return developmentSecret();
}

await main().catch(exitOnError);
