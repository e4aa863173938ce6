/**
 * What an MCP method acts on: the tool, prompt, resource or task that its params name.
 *
 * @module
 */

import { membersOf } from "../http/body.ts";
import type { OperationParams } from "../types.ts";

/** The parameter that names the target of a method. */
const TARGET_PARAMETERS: ReadonlyMap<string, "name" | "uri" | "taskId"> =
  new Map([
    ["tools/call", "name"],
    ["prompts/get", "name"],
    ["resources/read", "uri"],
    ["resources/subscribe", "uri"],
    ["resources/unsubscribe", "uri"],
    ["tasks/get", "taskId"],
    ["tasks/update", "taskId"],
    ["tasks/cancel", "taskId"],
    ["tasks/result", "taskId"],
  ]);
const COMPLETE = "completion/complete";
const LISTEN = "subscriptions/listen";

/** Whether a method has exactly one target, which `Mcp-Name` repeats. */
export function hasRoutedTarget(method: string): boolean {
  return TARGET_PARAMETERS.has(method);
}

/** Whether a method has targets. */
export function hasTarget(method: string): boolean {
  return TARGET_PARAMETERS.has(method) || method === COMPLETE ||
    method === LISTEN;
}

/** Whether the targets of a method are URIs. A completion names a template instead, which servers compare as a string. */
export function targetsAreUris(method: string): boolean {
  return method.startsWith("resources/") || method === LISTEN;
}

/** Whether a policy may write patterns for the targets of a method. */
export function takesPatterns(method: string): boolean {
  return hasTarget(method) && method !== COMPLETE;
}

/**
 * The targets of an operation, unchecked. `undefined` stands for the method as a whole: `subscriptions/listen` acts on
 * that and on each resource.
 */
export function operationTargets(
  method: string,
  params: OperationParams,
): unknown[] {
  if (method === COMPLETE) {
    // Servers disagree on whether `type` or the members decide, so both members are targets.
    const { name, uri } = membersOf(params.ref);
    const targets = [name, uri].filter((target) => target !== undefined);
    return targets.length > 0 ? targets : [undefined];
  }
  if (method === LISTEN) {
    const { resourceSubscriptions = [] } = membersOf(params.notifications);
    return [undefined, ...[resourceSubscriptions].flat()];
  }
  const parameter = TARGET_PARAMETERS.get(method);
  return [parameter && params[parameter]];
}
