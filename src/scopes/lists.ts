/**
 * Lists of tools, prompts and resources that show a caller what the caller may use, and nothing else. This protects
 * nothing: a call of what is hidden is refused by its scopes, shown or not. Not implemented: filling up a page.
 *
 * @module
 */

import { membersOf, readBytes } from "../http/body.ts";
import type { ScopePolicy } from "./policy.ts";
import type { ScopeRules } from "./check.ts";
import { editEvents, isEventStream } from "../http/event_streams.ts";

type ListMethod = NonNullable<ScopePolicy["lists"]>[number];

/** Where a result has its entries, which operation they are for, and what names them. */
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

/** Which lists are shortened, and by which rules. */
export interface ListRules {
  /** Whether there are any. */
  readonly areSome: boolean;
  /**
   * The answer to a request whose body was parsed, with its lists shortened: by what is known without params. An answer
   * that cannot be read, or has more than 4 MiB, is replaced by a JSON-RPC error, since it may show anything.
   */
  show(
    response: Response,
    asked: { readonly parsedBody?: unknown },
    granted: readonly string[],
  ): Response | Promise<Response>;
}

/** Stands for a variable of a template: a value that nobody lists. */
const EXAMPLE = "gatehouse-example";
const MAX_BYTES = 4_194_304;

/**
 * Reads which lists are shortened.
 *
 * @throws {TypeError} If one of them is no list.
 */
export function listRules(
  shortened: readonly ListMethod[],
  scopes: ScopeRules,
): ListRules {
  for (const method of shortened) {
    if (Object.hasOwn(LISTS, method)) continue;
    throw new TypeError(
      `Cannot use scopes.lists "${method}": use ${Object.keys(LISTS)}`,
    );
  }

  /** Shortens what messages list, whatever their ids: another reader may have read others in the request. */
  function shorten(
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
        // Both came with 2026-07-28. A list that is anybody's would be kept for everybody.
        if ("ttlMs" in result || "cacheScope" in result) {
          result.cacheScope = "private";
        }
      }
    }
    return isList ? JSON.stringify(messages) : text;
  }

  return {
    areSome: shortened.length > 0,
    show(
      response,
      { parsedBody: body },
      granted,
    ): Response | Promise<Response> {
      const isStream = isEventStream(response);
      const lists = shortened.filter((list) =>
        // What answers no message may be the rest of a stream that broke off.
        body === undefined ? isStream : [body].flat()
          .some((message) => membersOf(message).method === list)
      );
      // No client takes a list from an error.
      if (lists.length === 0 || !response.ok || response.body === null) {
        return response;
      }
      const edit = (text: string): string => {
        if (text === "") return text; // of an accepted notification, or an event that only has an id
        try {
          return shorten(text, lists, granted);
        } catch {
          return unreadable(body);
        }
      };
      return isStream && !response.headers.has("content-encoding")
        ? editEvents(response, edit)
        : editDocument(response, edit);
    },
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
  // Even where the handler says otherwise: what it lists is for all, and this is not.
  headers.set("cache-control", "no-store");
  headers.set("content-type", "application/json");
  return new Response(edit(text), { status: response.status, headers });
}

/** A URI of a template's, which the policy can judge. */
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

/** An error in place of all answers. */
function unreadable(body: unknown): string {
  return JSON.stringify({
    jsonrpc: "2.0",
    id: membersOf(body).id,
    error: { code: -32603, message: "Internal error" },
  });
}
