/**
 * Filters the lists of tools, prompts and resources, so that a caller sees only what the caller may use. This is not a
 * protection: a call needs its scopes whether the list showed its target or not. Not implemented: refilling a page that
 * became shorter.
 *
 * @module
 */

import { membersOf, readBytes } from "../http/body.ts";
import type { ScopePolicy } from "./policy.ts";
import type { ScopeRules } from "./check.ts";
import type { AuthContext } from "../types.ts";
import { editEvents, isEventStream } from "../http/event_streams.ts";

type ListMethod = NonNullable<ScopePolicy["lists"]>[number];

/** The member of a result that holds the entries, the method that uses an entry, and the key of its name. */
const LISTS: Readonly<
  Record<ListMethod, readonly [member: string, method: string, key: string]>
> = {
  "tools/list": ["tools", "tools/call", "name"],
  "prompts/list": ["prompts", "prompts/get", "name"],
  "resources/list": ["resources", "resources/read", "uri"],
  "resources/templates/list": [
    "resourceTemplates",
    "resources/read",
    "uriTemplate",
  ],
};

/**
 * Filters the lists in the response to a request. Functions of the policy are not called, since there are no params. A
 * response that cannot be read, or has more than 4 MiB, is replaced by a JSON-RPC error: it could show anything.
 */
export type ListFilter = (
  response: Response,
  context: AuthContext,
) => Response | Promise<Response>;

/** Replaces each variable of a URI template. No policy lists this value. */
const EXAMPLE = "gatehouse-example";
const MAX_BYTES = 4_194_304;

/**
 * Checks which lists to filter. Returns `undefined` for none.
 *
 * @throws {TypeError} If a method returns no list.
 */
export function listFilter(
  filtered: readonly ListMethod[],
  scopes: ScopeRules,
): ListFilter | undefined {
  for (const method of filtered) {
    if (Object.hasOwn(LISTS, method)) continue;
    throw new TypeError(
      `Cannot use scopes.lists "${method}": use ${Object.keys(LISTS)}`,
    );
  }

  /** Filters every list in some messages, whatever their ids: the handler may have read other ids in the request. */
  function filterLists(
    text: string,
    lists: readonly ListMethod[],
    granted: readonly string[],
  ): string {
    const messages: unknown = JSON.parse(text);
    let isList = false;
    for (const message of [messages].flat()) {
      const result = membersOf(membersOf(message).result) as Record<
        string,
        unknown
      >;
      for (const list of lists) {
        const [member, method, key] = LISTS[list];
        if (!Object.hasOwn(result, member)) continue;
        isList = true;
        result[member] = (result[member] as unknown[]).filter(
          (entry: unknown) => {
            const written = membersOf(entry)[key];
            const name = key === "uriTemplate" ? exampleOf(written) : written;
            const asked = { method, ...(typeof name === "string" && { name }) };
            return scopes.suffice(granted, scopes.needed([asked]));
          },
        );
        // Both members came with MCP 2026-07-28. A public list would be cached for every caller.
        if ("ttlMs" in result || "cacheScope" in result) {
          result.cacheScope = "private";
        }
      }
    }
    return isList ? JSON.stringify(messages) : text;
  }

  if (filtered.length === 0) return undefined;
  return (response, { parsedBody: body, authInfo: { scopes: granted } }) => {
    const isStream = isEventStream(response);
    const lists = filtered.filter((list) =>
      // A stream without a message resumes one that broke off.
      body === undefined ? isStream : [body].flat()
        .some((message) => membersOf(message).method === list)
    );
    // Clients ignore lists in error responses.
    if (lists.length === 0 || !response.ok || response.body === null) {
      return response;
    }
    const edit = (text: string): string => {
      if (text === "") return text; // an accepted notification, or an event that has only an id
      try {
        return filterLists(text, lists, granted);
      } catch {
        return internalError(body);
      }
    };
    return isStream && !response.headers.has("content-encoding")
      ? editEvents(response, edit)
      : editDocument(response, edit);
  };
}

async function editDocument(
  response: Response,
  edit: (text: string) => string,
): Promise<Response> {
  const text = await readBytes(response.body, MAX_BYTES)
    .then((bytes) => new TextDecoder().decode(bytes), () => "?");
  const headers = new Headers(response.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  // Even if the handler allows caching: its list is for every caller, and this one is not.
  headers.set("cache-control", "no-store");
  headers.set("content-type", "application/json");
  return new Response(edit(text), { status: response.status, headers });
}

/** A URI that the template could expand to, for which the policy can be evaluated. */
function exampleOf(template: unknown): unknown {
  if (typeof template !== "string") return template;
  return template.replace(
    /\{(\??)([^{}]*)\}/g,
    (_, operator: string, names: string) =>
      operator === "?"
        ? `?${names.split(",").map((name) => `${name}=${EXAMPLE}`).join("&")}`
        : EXAMPLE,
  );
}

/** A JSON-RPC error that replaces the whole response. */
function internalError(body: unknown): string {
  return JSON.stringify({
    jsonrpc: "2.0",
    id: membersOf(body).id,
    error: { code: -32603, message: "Internal error" },
  });
}
