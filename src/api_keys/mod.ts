/**
 * Static keys for machine clients that cannot use OAuth, beside the tokens of an authorization server.
 *
 * @module
 */

export { createApiKey, type CreatedApiKey } from "./api_key.ts";
export type { ApiKey } from "./key_list.ts";
export {
  apiKeyVerifier,
  type ApiKeyVerifierOptions,
} from "./api_key_verifier.ts";
