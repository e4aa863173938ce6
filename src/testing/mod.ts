/**
 * An issuer in memory, to test a protected server with: it issues any token, rotates keys, is unreachable or slow,
 * answers introspection, and has a clock that the test sets. It opens no port, and nothing leaves the process.
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
export {
  type ProofRequest,
  type TestKeyHolder,
  testKeyHolder,
  type TestKeyHolderOptions,
} from "./key_holder.ts";
export { type TestKey, testKey } from "./keys.ts";
export { type TestNetwork, testNetwork } from "./network.ts";
