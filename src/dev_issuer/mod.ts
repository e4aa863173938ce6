/**
 * For development only: an authorization server on this machine that accepts every user name and every client.
 * `gatehouse dev-issuer` runs it as a command.
 *
 * @example A server that trusts it
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { startDevIssuer } from "@gatehouse/mcp-auth/dev-issuer";
 *
 * const { issuer } = await startDevIssuer({ port: 7788 });
 *
 * const mcp = protectResource(
 *   (_request, { authInfo }) => new Response(`Hello, ${authInfo.extra?.sub}`),
 *   {
 *     metadata: {
 *       resource: "http://localhost:8000/mcp",
 *       authorization_servers: [issuer],
 *     },
 *   },
 * );
 *
 * export default { fetch: mcp };
 * ```
 *
 * @module
 */

import type { DevIssuer, DevIssuerOptions } from "./options.ts";

export type { Application, DevIssuer, DevIssuerOptions } from "./options.ts";

/**
 * Starts an authorization server on this machine. It runs on Deno, Bun and Node.js, supports registration (RFC 7591),
 * client ID metadata documents, PKCE (RFC 7636), resource indicators (RFC 8707) and refresh tokens, and issues access
 * tokens as JWTs (RFC 9068) that live for an hour. Its state is in memory, with a new signing key at each start. A client
 * that registered before a restart can log in again: its `client_id` contains the registration.
 *
 * It knows no passwords, and every client may register: it must never protect anything real.
 *
 * @throws {TypeError} If an option is invalid, or it shall approve by itself for a resource that is not on loopback. The
 *   message says what to change.
 * @throws {Error} If it cannot listen: with `code`, such as `EADDRINUSE`, and `port`.
 */
export async function startDevIssuer(
  options: DevIssuerOptions,
): Promise<DevIssuer> {
  // Its packages and its runtime's modules are loaded when it is started.
  const { start } = await import("./server.ts");
  return await start(options);
}
