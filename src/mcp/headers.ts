/**
 * The request headers `Mcp-Method` and `Mcp-Name` (MCP 2026-07-28), which repeat the method and the target of the body
 * for proxies. Since a client can write anything into them, they may deny a request early, but never allow one; and they
 * must agree with the body when it is read.
 * Not implemented: requiring them, `Mcp-Param-*` and `MCP-Protocol-Version`. The MCP SDK checks these.
 *
 * @module
 */

import { bytesOf } from "../http/body.ts";
import { RequestError } from "../errors.ts";
import { hasRoutedTarget, hasTarget } from "./operation_targets.ts";
import type { Operation } from "../types.ts";

/** The values of the headers. */
export interface RoutingHeaders {
  /** `Mcp-Method`. */
  readonly method?: string | undefined;
  /** `Mcp-Name`, decoded. */
  readonly name?: string | undefined;
}

/** The longest value that is accepted, in characters. */
const MAX_VALUE_LENGTH = 8192;

/**
 * Reads the headers.
 *
 * @throws {RequestError} If one is too long, has a character that is not visible ASCII, a space or a tab, or is not
 *   valid Base64 although it is marked as such.
 */
export function readRoutingHeaders(headers: Headers): RoutingHeaders {
  return {
    method: valueOf(headers, "mcp-method"),
    name: decode(valueOf(headers, "mcp-name")),
  };
}

/** The operation that the headers describe, or none if the body could name another one. */
export function routedOperations(
  { method, name }: RoutingHeaders,
): Operation[] {
  if (method === undefined) return [];
  if (hasRoutedTarget(method)) {
    return name === undefined ? [] : [{ method, name }];
  }
  return hasTarget(method) ? [] : [{ method }];
}

/**
 * Compares the headers with the body.
 *
 * @throws {RequestError} If they differ.
 */
export function checkRoutingHeaders(
  { method, name }: RoutingHeaders,
  body: unknown,
  [operation]: readonly Operation[],
): void {
  if (
    (method ?? name) !== undefined && Array.isArray(body) ||
    method !== undefined && method !== operation?.method ||
    name !== undefined && hasRoutedTarget(operation?.method ?? "") &&
      name !== operation?.name
  ) {
    throw new RequestError("header_contradicts_body");
  }
}

function valueOf(headers: Headers, header: string): string | undefined {
  const value = headers.get(header) ?? undefined;
  if (
    value !== undefined &&
    (value.length > MAX_VALUE_LENGTH || /[^\t -~]/.test(value))
  ) {
    throw new RequestError("header_malformed");
  }
  return value;
}

/** Decodes a value that a header cannot hold as it is: Base64 of UTF-8 between `=?base64?` and `?=`. */
function decode(value: string | undefined): string | undefined {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value ?? "")?.[1];
  if (encoded === undefined) return value;
  try {
    const binary = atob(encoded);
    if (btoa(binary) !== encoded) throw new TypeError();
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytesOf(binary));
  } catch (cause) {
    throw new RequestError("header_malformed", { cause });
  }
}
