/**
 * What clients ask for, made what this server supports: registrations and authorization requests.
 *
 * @module
 */

import { InvalidClientMetadata } from "./oidc_provider.ts";
import type { DevIssuerOptions } from "./options.ts";
import { isOnLoopback } from "./resources.ts";
import { type Middleware, requestedScopes, type Untyped } from "./sign_in.ts";

/** The paths of the endpoints that the issuer's metadata names. */
export const ROUTES = {
  authorization: "/authorize",
  jwks: "/jwks",
  registration: "/register",
  token: "/token",
  userinfo: "/userinfo",
};

/** Replaces what a client asks to be with what this server supports (RFC 7591 §2). */
export function normalizeClient(client: Untyped, autoApprove: boolean): void {
  const { redirect_uris: uris, grant_types: grants } = client;
  if (!Array.isArray(uris)) return;
  if (autoApprove && !uris.every((uri) => isOnLoopback(String(uri)))) {
    throw new InvalidClientMetadata(
      "redirect_uris must be on loopback while the server approves by itself",
    );
  }
  // Of a native client http may have any loopback port (RFC 8252 §7.3), and nothing else; most do not say what they are.
  client.application_type = uris.every((uri) => /^https:/i.test(uri))
    ? "web"
    : "native";
  if (Array.isArray(grants)) {
    client.grant_types = grants.filter((grant) =>
      grant === "authorization_code" || grant === "refresh_token"
    );
  }
  // It would be the most that the client can ever ask for, and no step-up could pass it.
  delete client.scope;
}

/** A browser's clients register from their own origin; oidc-provider opens its other endpoints itself. */
export const registrationCors: Middleware = async (ctx, next) => {
  if (ctx.path !== ROUTES.registration) return await next();
  ctx.set({ "access-control-allow-origin": "*" });
  if (ctx.method !== "OPTIONS") return await next();
  ctx.set({
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": String(
      ctx.req.headers["access-control-request-headers"] ?? "content-type",
    ),
  });
  ctx.status = 204;
};

/**
 * Completes an authorization request. One for no scope, or only for unknown scopes, gets the default (RFC 6749 §3.3).
 * oidc-provider grants `offline_access` only with `prompt=consent`, and refuses a refresh that names a scope that was
 * not granted. Codex requests `offline_access` without that prompt, and names it again when it refreshes; this server
 * always asks for consent.
 */
export function completeRequest({ scopes }: DevIssuerOptions): Middleware {
  return async (ctx, next) => {
    if (ctx.path === ROUTES.authorization) {
      const known = requestedScopes(ctx.query, scopes);
      const changes = {
        ...(known.length === 0 && { scope: scopes?.[0] ?? "openid" }),
        ...(known.includes("offline_access") && !ctx.query.prompt &&
          { prompt: "consent" }),
      };
      if (Object.keys(changes).length > 0) {
        ctx.query = { ...ctx.query, ...changes };
      }
    }
    await next();
  };
}
