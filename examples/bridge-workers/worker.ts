/**
 * The notes MCP server behind a bridge on Cloudflare Workers, with Durable Objects as the store.
 *
 * @module
 */

import { type Handler, protectResource } from "@gatehouse/mcp-auth";
import { oauthBridge } from "@gatehouse/mcp-auth/bridge";
import type { Worker } from "@gatehouse/mcp-auth/workers";
import { notesOptions } from "../app.ts";
import { proofsOf } from "../proofs.ts";
import { readBridgeEnvironment } from "../bridge_environment.ts";
import { handleNotes } from "../notes.ts";
import { site, type Variables } from "../workers/site.ts";
import { type ObjectNamespace, objectStore } from "./object_store.ts";

export { StoredValue } from "./object_store.ts";

/** The bindings. Beside these, the variables of bridge_environment.ts. */
type Env = Omit<Variables, "MCP_AUTHORIZATION_SERVERS"> & {
  readonly STORE: ObjectNamespace;
};

/** What is made of an environment serves every request. */
const applications = new WeakMap<Env, Handler>();

function applicationOf(env: Env): Handler {
  const { STORE, ...variables } = env;
  const resource = env.MCP_RESOURCE;
  const { issuer, secrets, provider } = readBridgeEnvironment(
    variables,
    resource,
  );
  if (secrets === undefined || provider === undefined) {
    throw new TypeError("Set BRIDGE_SECRETS and BRIDGE_PROVIDER");
  }
  const dpop = proofsOf(env);
  const bridge = oauthBridge({
    issuer,
    resources: [resource],
    secrets,
    upstream: provider,
    scopes_supported: ["notes:read", "notes:write", "notes:admin"],
    // Without MCP_DPOP the server would reject bound tokens.
    ...(dpop === undefined && { dpop: null }),
    store: objectStore(STORE),
  });
  const introduction = {
    resource,
    authorizationServers: [issuer],
    dpop,
    development: env.DEVELOPMENT === "1",
  };
  return protectResource(
    async (request, context) => {
      const { authInfo } = context;
      const upstream = await bridge.upstreamToken(authInfo) !== undefined;
      const extra = { ...authInfo.extra, upstream };
      return await handleNotes(request, {
        ...context,
        authInfo: { ...authInfo, extra },
      });
    },
    {
      ...notesOptions(introduction),
      verifyAccessToken: bridge.verifyAccessToken,
      mirror: null,
      otherwise: bridge.fetch,
    },
  );
}

const worker: Worker<Env> = {
  async fetch(request, env, ctx): Promise<Response> {
    let application = applications.get(env);
    if (application === undefined) {
      application = applicationOf(env);
      applications.set(env, application);
    }
    const issuer = new URL(env.MCP_RESOURCE).origin;
    return site(request, { ...env, MCP_AUTHORIZATION_SERVERS: issuer }) ??
      await application(request, ctx);
  },
};

export default worker;
