/**
 * What the methods of MCP act on: which parameter names it, and when two names are the same.
 *
 * @module
 */

import type { OperationParams } from "../types.ts";

/** Which parameter names what a method acts on. */
const NAMES: ReadonlyMap<string, "name" | "uri" | "taskId"> = new Map([
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

/** Whether a method acts on one thing, whose name `Mcp-Name` repeats. */
export function isRouted(method: string): boolean {
  return NAMES.has(method);
}

/** Whether a method acts on something that has a name. */
export function isNamed(method: string): boolean {
  return NAMES.has(method) || method === COMPLETE || method === LISTEN;
}

/** Whether the names are URIs that the MCP SDK reads. In a completion they are a prompt's name or a template's text. */
export function namesAreUris(method: string): boolean {
  return method.startsWith("resources/") || method === LISTEN;
}

/** Whether names of a method may be written as patterns. */
export function takesPatterns(method: string): boolean {
  return isNamed(method) && method !== COMPLETE;
}

/**
 * What an operation acts on, unchecked; `undefined` is nothing in particular. `subscriptions/listen` acts on that and
 * on each of its resources.
 */
export function namesIn(method: string, params: OperationParams): unknown[] {
  if (method === COMPLETE) {
    const { type, name, uri } = Object(params.ref);
    return [type === "ref/resource" ? uri : name];
  }
  if (method === LISTEN) {
    const { resourceSubscriptions = [] } = Object(params.notifications);
    return [undefined].concat(resourceSubscriptions);
  }
  const name = NAMES.get(method);
  return [name && params[name]];
}

/**
 * What a name is looked up by. The MCP SDK reads a resource's URI with `URL`, by which `A://b` and `a://b` are one; and
 * the handler behind it may well undo escapes, and pass over a fragment.
 */
export function lookupName(method: string, name: string): string {
  return namesAreUris(method) && URL.canParse(name)
    ? new URL(name).href.replace(/\??(?:#.*)?$/, "")
      .replace(/%[\da-f]{2}/gi, withoutNeed)
    : name;
}

/** An escape, or the character where it needs none (RFC 3986 §6.2.2). */
function withoutNeed(escape: string): string {
  const character = String.fromCharCode(parseInt(escape.slice(1), 16));
  return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
}
