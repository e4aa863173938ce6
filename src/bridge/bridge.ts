/**
 * The bridge: its endpoints on their paths.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { notFound } from "../discovery/well_known.ts";
import { isRead, respondWithDocument } from "../http/public_document.ts";
import { pathOf } from "../runtime/identifiers.ts";
import type {
  AccessTokenVerifier,
  AuthInfo,
  Handler,
  RequestContext,
} from "../types.ts";
import { registrationEndpoint } from "./clients/endpoint.ts";
import { authorizeEndpoint } from "./flow/authorize.ts";
import { callbackEndpoint } from "./flow/callback.ts";
import { consentEndpoint } from "./flow/consent.ts";
import { metadataOf, metadataPaths, openIdMetadataOf } from "./metadata.ts";
import type { OAuthBridgeOptions } from "./options.ts";
import { type BridgeEnv, partsOf } from "./parts.ts";
import { ownVerifier, upstreamTokenOf } from "./tokens/access_token.ts";
import { revocationEndpoint, tokenEndpoint } from "./tokens/endpoint.ts";
import { revokeUser } from "./tokens/revocations.ts";

/** An authorization server in front of an identity provider. */
export interface OAuthBridge {
  /** The issuer identifier, for `authorization_servers`. */
  readonly issuer: string;
  /** Answers at the bridge's paths, and elsewhere with `otherwise`. */
  readonly fetch: Handler;
  /** Verifies the bridge's access tokens without a request. For `protectResource` in the same process. */
  readonly verifyAccessToken: AccessTokenVerifier;
  /** The provider's access token of an accepted caller; `undefined` if the token carries none. Never send it to the client. */
  readonly upstreamToken: (authInfo: AuthInfo) => Promise<string | undefined>;
  /**
   * Ends all tokens that a user (`sub`) has, at once.
   *
   * @throws {TypeError} If no store is configured: without one, no instance could know.
   */
  readonly revokeUser: (sub: string) => Promise<void>;
}

/**
 * An authorization server for MCP clients in front of an identity provider with which they cannot register. It needs no
 * database: what has to be remembered is sealed with `secrets` and travels with the browser or the client.
 *
 * @example GitHub in front of an MCP server
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { gitHub, oauthBridge } from "@gatehouse/mcp-auth/bridge";
 *
 * const bridge = oauthBridge({
 *   issuer: "https://notes.example.com",
 *   resources: ["https://notes.example.com/mcp"],
 *   secrets: ["32 random bytes or more, from the environment"],
 *   upstream: gitHub({ client_id: "Iv1.0123", client_secret: "secret" }),
 *   scopes_supported: ["notes:read", "notes:write"],
 * });
 *
 * export default {
 *   fetch: protectResource(
 *     (_request, { authInfo }) => new Response(`Hello, ${authInfo.extra?.sub}`),
 *     {
 *       metadata: {
 *         resource: "https://notes.example.com/mcp",
 *         authorization_servers: [bridge.issuer],
 *       },
 *       verifyAccessToken: bridge.verifyAccessToken,
 *       otherwise: bridge.fetch,
 *     },
 *   ),
 * };
 * ```
 *
 * @throws {TypeError} If an option cannot be used. The message says what to change.
 */
export function oauthBridge(options: OAuthBridgeOptions): OAuthBridge {
  const parts = partsOf(options);
  const { issuer, keys } = parts;
  const { otherwise = notFound } = options;
  const verifyAccessToken = ownVerifier(parts);
  const paths = metadataPaths(issuer);
  const path = pathOf(issuer);

  const app = new Hono<BridgeEnv>();
  for (
    const [places, document] of [
      [paths.oauth, JSON.stringify(metadataOf(options))],
      [paths.openId, JSON.stringify(openIdMetadataOf(options))],
    ] as const
  ) {
    for (const place of places) {
      app.all(place, (c) => respondWithDocument(c.req.raw, document));
    }
  }
  app.all(
    `${path}/jwks`,
    async (c) =>
      respondWithDocument(
        c.req.raw,
        isRead(c.req.raw) ? JSON.stringify(await keys.published()) : "",
      ),
  );

  // Browsers' clients speak to these. To the other endpoints a browser is sent, and no script may read them.
  const anyOrigin = cors({
    origin: "*",
    allowMethods: ["POST"],
    exposeHeaders: ["Retry-After", "WWW-Authenticate"],
    maxAge: 7200,
  });
  const endpoints = [
    ["register", registrationEndpoint(parts)],
    ["token", tokenEndpoint(parts)],
    ["revoke", revocationEndpoint(parts, verifyAccessToken)],
  ] as const;
  for (const [name, endpoint] of endpoints) {
    app.use(`${path}/${name}`, anyOrigin).post(`${path}/${name}`, endpoint);
    app.all(`${path}/${name}`, refuseMethod("POST, OPTIONS"));
  }
  app.get(`${path}/authorize`, authorizeEndpoint(parts));
  app.get(`${path}/callback`, callbackEndpoint(parts));
  app.post(`${path}/consent`, consentEndpoint(parts));
  app.all(`${path}/authorize`, refuseMethod("GET, HEAD"));
  app.all(`${path}/callback`, refuseMethod("GET, HEAD"));
  app.all(`${path}/consent`, refuseMethod("POST"));
  app.notFound((c) => otherwise(c.req.raw, c.env.context));
  app.onError((error) => {
    throw error;
  });

  return {
    issuer,
    // As a Worker's own `fetch` it is given the environment second, and the context third.
    fetch: (
      request: Request,
      second?: RequestContext,
      third?: RequestContext,
    ) => app.fetch(request, { context: third ?? second }),
    verifyAccessToken,
    upstreamToken: (authInfo) => upstreamTokenOf(parts, authInfo),
    async revokeUser(sub): Promise<void> {
      if (options.store === undefined) {
        throw new TypeError(
          "Cannot revoke a user's tokens: configure a store",
        );
      }
      await revokeUser(parts, sub);
    },
  };
}

function refuseMethod(allow: string): (c: Context) => Response {
  return (c) => c.body(null, 405, { allow, "cache-control": "no-store" });
}
