/**
 * The `Mcp-Session-Id` of the MCP versions up to 2025-11-25, bound to the caller who opened the session. A session
 * identifier is not a credential: each request needs the owner's token as well. Not implemented: the `sessionId` in the
 * query of HTTP+SSE (2024-11-05), and sessions that another instance opened; only the handler can check these.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import { lruCache } from "../runtime/lru.ts";
import type { AuthInfo } from "../types.ts";

/** The sessions and their owners. */
export interface Sessions {
  /**
   * Checks the session that a request names. A request without a caller may not name a recorded session.
   *
   * @throws {RequestError} If it is another caller's, or has a character outside visible ASCII, such as the space
   * between two headers that were joined.
   */
  check(request: Request, caller?: AuthInfo): void;
  /** Records the session that a response opens, or forgets the one that it ends. */
  learn(request: Request, response: Response, caller: AuthInfo): void;
}

const HEADER = "Mcp-Session-Id";
/** MCP 2025-03-26: only visible ASCII. */
const SESSION_ID = /^[!-~]+$/;
const MAX_SESSIONS = 8192;
/** A session is not recorded if its identifier and its owner are longer together. */
const MAX_LENGTH = 1024;

/**
 * A table of at most 8192 sessions, of at most 1024 characters each. Beyond that the least recently used session is
 * evicted: then only the handler can check its owner.
 */
export function sessionTable(): Sessions {
  const owners = lruCache<string>(MAX_SESSIONS);
  return {
    check(request, caller): void {
      const id = sessionIn(request);
      if (id === undefined) return;
      if (!SESSION_ID.test(id)) {
        throw new RequestError("session_malformed");
      }
      const owner = owners.get(id);
      if (owner !== undefined && owner !== ownerOf(caller)) {
        throw new RequestError("foreign_session");
      }
    },
    learn(request, response, caller): void {
      const isEnd = request.method === "DELETE" && response.ok;
      const id = sessionIn(isEnd ? request : response);
      if (id === undefined) return;
      const owner = ownerOf(caller);
      const known = owners.get(id);
      if (isEnd && known === owner) owners.delete(id);
      // The first owner stays the owner; and a handler that repeats the request's identifier has not opened a session.
      if (
        !isEnd && known === undefined && id !== sessionIn(request) &&
        id.length + owner.length <= MAX_LENGTH
      ) owners.set(id, owner);
    },
  };
}

/** An empty identifier counts as none, as in the MCP SDK. */
function sessionIn({ headers }: Request | Response): string | undefined {
  return headers.get(HEADER) || undefined;
}

/** A user at one client. */
function ownerOf(caller?: AuthInfo): string {
  const { iss, sub } = caller?.extra ?? {};
  return JSON.stringify([iss, sub, caller?.clientId]);
}
