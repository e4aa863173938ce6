/**
 * The `Mcp-Session-Id` of the MCP versions that have sessions, kept to the caller who opened it. A session is no
 * credential: it counts only beside the token of its owner. Not implemented: the `sessionId` in the query of HTTP+SSE
 * (2024-11-05), and sessions that another instance opened; these the handler alone can tell apart.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import type { AuthInfo } from "../types.ts";

/** Which session is whose. */
export interface Sessions {
  /**
   * Checks the session that a request names. Without a caller, the request is nobody's.
   *
   * @throws {RequestError} If it is another caller's, or has a character that no session has: a space, for one, where
   *   the header was sent twice.
   */
  check(request: Request, caller?: AuthInfo): void;
  /** Remembers the session that a response opens, and forgets the one that it ends. */
  learn(request: Request, response: Response, caller: AuthInfo): void;
}

/** A client, and its user, as whom many clients may come. */
interface Owner {
  readonly user: string;
  readonly client: string;
}

const HEADER = "Mcp-Session-Id";
/** MCP 2025-03-26: visible ASCII alone. */
const SESSION_ID = /^[!-~]+$/;
const MAX_SESSIONS = 8192;
/** A session is not remembered where it and its owner have more characters. */
const MAX_LENGTH = 1024;

/**
 * A table of at most 8192 sessions, of 1024 characters at most. When it is full, the one that was not used for longest
 * goes of a user who has as many as the average: of whoever opens one, if that is so, and else of another.
 */
export function sessionTable(): Sessions {
  const owners = new Map<string, Owner>();
  /** Users are counted, not clients: where anyone may register clients, one user makes as many as he likes. */
  const users = new Map<string, Set<string>>();

  function add(id: string, owner: Owner): void {
    const { user } = owner;
    owners.set(id, owner);
    users.set(user, (users.get(user) ?? new Set()).add(id));
  }

  function remove(id: string, user: string): void {
    const ids = users.get(user);
    owners.delete(id);
    ids?.delete(id);
    if (ids?.size === 0) users.delete(user);
  }

  return {
    check(request, caller): void {
      const id = sessionIn(request);
      if (id === undefined) return;
      if (!SESSION_ID.test(id)) {
        throw new RequestError("session_malformed");
      }
      const owner = owners.get(id);
      if (owner === undefined) return;
      if (owner.client !== ownerOf(caller).client) {
        throw new RequestError("foreign_session");
      }
      remove(id, owner.user);
      add(id, owner);
    },
    learn(request, response, caller): void {
      const isEnd = request.method === "DELETE" && response.ok;
      const id = sessionIn(isEnd ? request : response);
      if (id === undefined) return;
      const owner = ownerOf(caller);
      const known = owners.get(id);
      if (isEnd) {
        if (known?.client === owner.client) remove(id, owner.user);
        return;
      }
      if (
        // Whoever had it first has it; and that a request's own comes back proves nothing.
        known !== undefined || id === sessionIn(request) ||
        id.length + owner.client.length > MAX_LENGTH
      ) return;
      add(id, owner);
      if (owners.size <= MAX_SESSIONS) return;
      for (const user of [owner.user, ...users.keys()]) {
        const ids = users.get(user)!;
        if (ids.size * users.size < owners.size) continue;
        const [unused = ""] = ids;
        return remove(unused, user);
      }
    },
  };
}

/** An empty one is none, as to the MCP SDK. */
function sessionIn({ headers }: Request | Response): string | undefined {
  return headers.get(HEADER) || undefined;
}

function ownerOf(caller?: AuthInfo): Owner {
  const { iss, sub } = caller?.extra ?? {};
  const user = JSON.stringify([iss, sub]);
  return { user, client: `${user}${caller?.clientId}` };
}
