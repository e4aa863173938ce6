/**
 * The methods of MCP, of all versions up to 2026-07-28.
 *
 * @module
 */

import { nearestName } from "../runtime/nearest_name.ts";

/** The methods that clients send, and those that servers send: the name of one in a policy is not misspelt. */
const METHODS: readonly string[] = [
  "initialize",
  "ping",
  "server/discover",
  "tools/list",
  "tools/call",
  "prompts/list",
  "prompts/get",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "resources/subscribe",
  "resources/unsubscribe",
  "completion/complete",
  "logging/setLevel",
  "subscriptions/listen",
  "tasks/list",
  "tasks/get",
  "tasks/update",
  "tasks/cancel",
  "tasks/result",
  "roots/list",
  "sampling/createMessage",
  "elicitation/create",
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
  "notifications/message",
  "notifications/roots/list_changed",
  "notifications/tools/list_changed",
  "notifications/prompts/list_changed",
  "notifications/resources/list_changed",
  "notifications/resources/updated",
  "notifications/tasks/status",
];

/**
 * Checks the name of a method in a policy. Servers may have their own methods, so only misspelt names are rejected: a
 * rule for `tool/call` would never apply.
 *
 * @throws {TypeError} If it is almost the name of a method of MCP.
 */
export function checkMethodName(method: string, place: string): void {
  if (METHODS.includes(method)) return;
  const meant = nearestName(method, METHODS) ?? reversed(method);
  if (meant === undefined) return;
  const verb = verbOf(method);
  // Not a misspelling: a server may add its own "set" to MCP's "get", or the reverse.
  if (verb !== undefined && verb !== verbOf(meant)) return;
  throw new TypeError(
    `Cannot use ${place}["${method}"]: did you mean ${meant}?`,
  );
}

function verbOf(method: string): string | undefined {
  return /\/([gs]et)/.exec(method)?.[1];
}

/** A method by its handler's name: `callTool` and `call_tool` are `tools/call`. */
function reversed(method: string): string | undefined {
  const [verb, noun, ...others] = method.replace(/([A-Z])/g, "_$1")
    .toLowerCase().split(/[^a-z]+/).filter(Boolean);
  if (noun === undefined || others.length > 0) return undefined;
  return METHODS.find((each) => each === `${noun.replace(/s?$/, "s")}/${verb}`);
}
