/**
 * The page at the issuer's own URL, for the person who opens it: what this server is, and how to trust it.
 *
 * @module
 */

import { html } from "hono/html";
import { type Html, htmlPage } from "./page.ts";
import type { DevIssuerOptions } from "./options.ts";
import { DEVELOPMENT, type Middleware, sendPage } from "./sign_in.ts";

/** Shows the page at the issuer's root. */
export function home(issuer: string, options: DevIssuerOptions): Middleware {
  const { path = "" } = options;
  const main = html`
    <h1>A development authorization server</h1>
    ${DEVELOPMENT}
    ${options.application === undefined
      ? trust(issuer, options)
      : html`<p>It knows one application, and tells it who its users are.</p>`}
    <p>Clients read <a href="/.well-known/oauth-authorization-server${path}">its
    metadata</a>; servers read <a href="${path}/jwks">its keys</a>.</p>
  `;
  return async (ctx, next) => {
    const isRead = ctx.method === "GET" || ctx.method === "HEAD";
    if (ctx.path !== "/" || !isRead) return await next();
    sendPage(ctx, 200, htmlPage("A development authorization server", main));
  };
}

function trust(
  issuer: string,
  { resource, scopes, scopeDescriptions = {} }: DevIssuerOptions,
): Html {
  const about = (scope: string): string =>
    Object.hasOwn(scopeDescriptions, scope)
      ? `: ${scopeDescriptions[scope]}`
      : "";
  return html`
    <p>An MCP server trusts it by this line of its metadata:</p>
    <pre>authorization_servers: ["${issuer}"]</pre>
    <p>It issues tokens for ${resource === undefined
      ? "any resource on this machine that a client names"
      : html`<code>${resource}</code>`}. ${scopes === undefined
      ? "They have every scope that the client asks for."
      : "Its scopes:"}</p>
    ${scopes === undefined ? [] : html`
      <ul>${scopes.map((scope) =>
        html`<li><code>${scope}</code>${about(scope)}</li>`
      )}</ul>
    `}
  `;
}
