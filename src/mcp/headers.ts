/**
 * `Mcp-Method` and `Mcp-Name`, which repeat for proxies what the body says (MCP 2026-07-28). A client can write
 * anything into them: they are taken at their word where they deny, and compared with the body where it is read.
 * Not implemented: insisting on them, and `Mcp-Param-*` and `MCP-Protocol-Version`, all of which the MCP SDK judges.
 *
 * @module
 */

import { bytesOf } from "../http/body.ts";
import { RequestError } from "../errors.ts";
import { hasRoutedTarget, hasTarget } from "./operation_targets.ts";
import type { Operation } from "../types.ts";

/** What the fields say. */
export interface RoutingFields {
  /** `Mcp-Method`. */
  readonly method?: string | undefined;
  /** `Mcp-Name`, decoded. */
  readonly name?: string | undefined;
}

/** The longest field that is looked at, in characters. */
const MAX_FIELD_LENGTH = 8192;

/**
 * Reads the fields.
 *
 * @throws {RequestError} If one is too long, has a character that no field may have, or is not the Base64 it says.
 */
export function readRoutingFields(headers: Headers): RoutingFields {
  return {
    method: fieldOf(headers, "mcp-method"),
    name: decode(fieldOf(headers, "mcp-name")),
  };
}

/** The operation that the fields describe; none where the body could say more. */
export function operationIn({ method, name }: RoutingFields): Operation[] {
  if (method === undefined) return [];
  if (hasRoutedTarget(method)) {
    return name === undefined ? [] : [{ method, name }];
  }
  return hasTarget(method) ? [] : [{ method }];
}

/**
 * Compares the fields with the body.
 *
 * @throws {RequestError} If they say something else.
 */
export function checkRoutingFields(
  { method, name }: RoutingFields,
  body: unknown,
  [asked]: readonly Operation[],
): void {
  if (
    (method ?? name) !== undefined && Array.isArray(body) ||
    method !== undefined && method !== asked?.method ||
    name !== undefined && hasRoutedTarget(asked?.method ?? "") &&
      name !== asked?.name
  ) {
    throw new RequestError("header_contradicts_body");
  }
}

function fieldOf(headers: Headers, field: string): string | undefined {
  const value = headers.get(field) ?? undefined;
  if (
    value !== undefined &&
    (value.length > MAX_FIELD_LENGTH || /[^\t -~]/.test(value))
  ) {
    throw new RequestError("header_malformed");
  }
  return value;
}

/** A value that a field cannot hold is Base64 between two marks. */
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
