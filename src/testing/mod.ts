/**
 * An issuer in memory, for the tests of a server that is protected: any token, rotated keys, an issuer that is away or
 * slow, introspection, and a clock. No port is opened and nothing leaves the process.
 *
 * @example
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { testIssuer } from "@gatehouse/mcp-auth/testing";
 *
 * const resource = "https://notes.example.com/mcp";
 * const issuer = await testIssuer({
 *   issuer: "https://auth.example.com",
 *   audience: resource,
 * });
 * const mcp = protectResource(() => new Response("Hello"), {
 *   metadata: { resource, authorization_servers: [issuer.issuer] },
 *   platform: issuer.platform,
 * });
 * const headers = { authorization: `Bearer ${await issuer.token()}` };
 * const { status } = await mcp(new Request(resource, { headers })); // 200
 * ```
 *
 * @module
 */

export {
  type Answer,
  answerHtml,
  answerJson,
  answerNever,
  answerNothing,
  answerRedirect,
  answerStatus,
} from "./answers.ts";
export type { ClientAuthenticationMethod, TestClient } from "./clients.ts";
export type { Introspection } from "./introspection.ts";
export {
  type Members,
  type TestIssuer,
  testIssuer,
  type TestIssuerOptions,
} from "./issuer.ts";
export type { RuntimeCryptoKey } from "../issuers/crypto_key.ts";
export { type TestKey, testKey } from "./keys.ts";
export { type TestNetwork, testNetwork } from "./network.ts";
