/**
 * Tokens that are bound to a key of their client by DPoP
 * ({@link https://www.rfc-editor.org/rfc/rfc9449 | RFC 9449}), verified at the protected resource.
 *
 * @example
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { dpop } from "@gatehouse/mcp-auth/dpop";
 *
 * export default {
 *   fetch: protectResource(() => new Response("Hello"), {
 *     metadata: {
 *       resource: "https://notes.example.com/mcp",
 *       authorization_servers: ["https://auth.example.com"],
 *     },
 *     dpop: dpop({ mode: "optional", nonce: {} }),
 *   }),
 * };
 * ```
 *
 * @module
 */

export { dpop, type DpopNonceOptions, type DpopOptions } from "./dpop.ts";
export type {
  ProofOfPossession,
  ProvenResource,
} from "../tokens/proof_of_possession.ts";
export type { Store } from "../runtime/store.ts";
export type { SignatureAlgorithm } from "../types.ts";
