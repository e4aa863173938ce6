/**
 * `Mcp-Session-Id`, sealed with its owner: what a client holds opens for its caller alone, at every instance that has
 * the same secret, and after a restart.
 *
 * @module
 */

import { base64url } from "jose";
import { RequestError } from "../errors.ts";
import type { AuthInfo } from "../types.ts";
import type { GatewayKeys } from "./secrets.ts";

/** The header that carries a session's identifier. */
export const SESSION_HEADER = "mcp-session-id";

/** From this version of MCP on there are no sessions, and a server ignores the header. */
const WITHOUT_SESSIONS = "2026-07-28";

/** How long a sealed identifier may be, in characters. */
const MAX_LENGTH = 2048;
const NONCE_BYTES = 12;

/**
 * The upstream's identifier of the session that a request names, or `undefined` if it names none.
 *
 * @throws {RequestError} `foreign_session`, if the value was not sealed for this caller.
 */
export async function openSession(
  keys: GatewayKeys,
  received: Headers,
  caller: AuthInfo,
): Promise<string | undefined> {
  const sealed = received.get(SESSION_HEADER);
  if (!sealed) return undefined; // an empty one is none, as to the MCP SDK
  const bytes = decode(sealed);
  for (const key of bytes === undefined ? [] : keys.sealing) {
    const parameters = {
      name: "AES-GCM",
      iv: bytes!.slice(0, NONCE_BYTES),
      additionalData: ownerOf(caller),
    };
    const opened = await crypto.subtle
      .decrypt(parameters, key, bytes!.slice(NONCE_BYTES))
      .catch(() => undefined);
    if (opened !== undefined) return new TextDecoder().decode(opened);
  }
  // ISO dates: these versions are in the order of their letters.
  const version = received.get("mcp-protocol-version") ?? "";
  if (/^\d{4}-\d{2}-\d{2}$/.test(version) && version >= WITHOUT_SESSIONS) {
    return undefined;
  }
  throw new RequestError("foreign_session");
}

/** Seals the upstream's identifier of a session for its caller. */
export async function sealSession(
  { sealing: [key] }: GatewayKeys,
  id: string,
  caller: AuthInfo,
): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: ownerOf(caller) },
    key!,
    new TextEncoder().encode(id),
  );
  return base64url.encode(Uint8Array.from([...iv, ...new Uint8Array(sealed)]));
}

function decode(sealed: string): Uint8Array<ArrayBuffer> | undefined {
  if (sealed.length > MAX_LENGTH || !/^[\w-]+$/.test(sealed)) return undefined;
  try {
    return new Uint8Array(base64url.decode(sealed));
  } catch {
    return undefined;
  }
}

/** The user and the client, at the resource. It is not stored: a value opens only together with it. */
function ownerOf(
  { clientId, resource, extra }: AuthInfo,
): Uint8Array<ArrayBuffer> {
  const owner = [`${resource}`, extra?.iss, extra?.sub, clientId];
  return new TextEncoder().encode(JSON.stringify(owner));
}
