/**
 * The parts of oidc-provider that the issuer is made of. Its entry would warn on the console on Deno and Bun. npm's
 * package has them bundled in this file's place, so that servers in production do not install what only development needs.
 *
 * @module
 */

export { createMemoryAdapter } from "oidc-provider/lib/adapters/memory_adapter.js";
export {
  InvalidClientMetadata,
  InvalidGrant,
  InvalidTarget,
} from "oidc-provider/lib/helpers/errors.js";
export { base as basePolicy } from "oidc-provider/lib/helpers/interaction_policy/index.js";
export { Provider } from "oidc-provider/lib/provider.js";
