/**
 * Requests to a provider, which may be slow, huge, or gone.
 *
 * @module
 */

import { isObject, type JsonObject, readBytes } from "../../http/body.ts";
import { USER_AGENT } from "../../issuers/fetch_json.ts";
import type { ResolvedRuntime } from "../../runtime/platform.ts";
import { withTimeout } from "../../runtime/timeout.ts";

/** How long one answer may take, its body included. */
export const UPSTREAM_TIMEOUT_SECONDS = 10;
/** How large an answer may be. */
export const MAX_UPSTREAM_BYTES = 262_144;

/** What is sent. */
export interface UpstreamInit {
  /** Default: GET. */
  readonly method?: string | undefined;
  /** Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default: none. */
  readonly body?: BodyInit | null | undefined;
}

/** `fetch`, with an end to each answer: its body is read whole, and redirects are not followed. */
export function boundedFetch(
  platform: ResolvedRuntime,
  mapBody?: (body: JsonObject) => JsonObject,
): (url: string, init: UpstreamInit) => Promise<Response> {
  return (url, { method = "GET", headers: own, body: content = null }) =>
    withTimeout(UPSTREAM_TIMEOUT_SECONDS, async (signal) => {
      const { status, headers, body } = await platform.fetch(url, {
        method,
        headers: { "user-agent": USER_AGENT, ...own },
        body: content,
        redirect: "manual",
        signal,
      });
      const bytes = await readBytes(body, MAX_UPSTREAM_BYTES);
      if (mapBody === undefined || status >= 500) {
        return new Response(bytes.length > 0 ? bytes : null, {
          status,
          headers,
        });
      }
      const mapped = mapBody(parse(bytes));
      return Response.json(mapped, {
        status: mapped.error === undefined ? status : 400,
      });
    });
}

/**
 * The JSON object of an answer.
 *
 * @throws {TypeError} If it is not 200, or not a JSON object.
 */
export async function readObject(response: Response): Promise<JsonObject> {
  if (response.status !== 200) {
    throw new TypeError(`It answers ${response.status}`);
  }
  return parse(new Uint8Array(await response.arrayBuffer()));
}

function parse(bytes: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (isObject(value)) return value;
  throw new TypeError("Its answer is not a JSON object");
}
