/**
 * A gateway: the guard in front of an MCP server that cannot be changed, or is written in another language. As a
 * function, `forwardTo`, and as a command.
 *
 * @module
 */

export { forwardTo } from "./forward.ts";
export type { ForwardOptions } from "./options.ts";
export type { Identity } from "./identity.ts";
export { UpstreamError, type UpstreamErrorReason } from "./errors.ts";
export { type AssertionKeys, assertionKeys } from "./assertion.ts";

// The library has no types of a runtime's own, and none of a runtime's modules: the command has.
if ((import.meta as { readonly main?: boolean }).main) {
  // Not awaited here: this module may be imported where that is not allowed.
  import("./command/run.ts").then(({ runGateway }) => runGateway());
}
