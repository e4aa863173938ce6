/**
 * Reads a JSON object from an authorization server. The server is trusted to name its keys and to introspect its
 * tokens, but its responses may be slow, huge or missing, and it may be under an attacker's control.
 *
 * @module
 */

import { AuthorizationServerError } from "../errors.ts";
import { type JsonObject, parseObject, readBytes } from "../http/body.ts";
import { networkFailure } from "../runtime/network_failure.ts";
import { printable } from "../runtime/printable.ts";
import { withTimeout } from "../runtime/timeout.ts";
import type { ResolvedRuntime } from "../runtime/platform.ts";

/** How long a request may take, including the body of its response. */
export const FETCH_TIMEOUT_SECONDS = 5;
/** The largest body that is read. */
export const MAX_JSON_BYTES = 262_144;

/** The `User-Agent` of every request. workerd sends none by itself, and some firewalls reject a request without it. */
export const USER_AGENT = "gatehouse-mcp-auth";

/** Sent with every request. */
const HEADERS = {
  // Some servers send their keys only with another media type, and answer 406 if a client does not accept it.
  accept: "application/json, */*;q=0.1",
  "user-agent": USER_AGENT,
};

/**
 * Gets the JSON object at a URL that the configuration or a trusted issuer's metadata names. Redirects are not followed.
 *
 * @throws {AuthorizationServerError} If the status is not 200, the body is not a JSON object or larger than
 *   {@linkcode MAX_JSON_BYTES}, or `timeoutSeconds` (default: 5) have passed.
 */
export async function fetchJson(
  url: string,
  platform: ResolvedRuntime,
  timeoutSeconds: number = FETCH_TIMEOUT_SECONDS,
): Promise<JsonObject> {
  return (await fetchAnswer(url, {}, platform, timeoutSeconds)).value;
}

/** A form and its headers. */
export interface Form {
  /** The parameters. */
  readonly params: Readonly<Record<string, string>>;
  /** Headers of the request, in lower case. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The response to a form. */
export interface FormResponse {
  /** The JSON object. */
  readonly value: JsonObject;
  /** The length of the body in characters. */
  readonly length: number;
}

/**
 * Posts a form, and reads the response as {@linkcode fetchJson} does. Errors contain nothing of the form.
 *
 * @throws {AuthorizationServerError} As {@linkcode fetchJson}. `advice` returns what to change, for a status.
 */
export async function postForm(
  url: string,
  { params, headers }: Form,
  platform: ResolvedRuntime,
  advice: (status: number) => string,
): Promise<FormResponse> {
  const init = {
    method: "POST",
    headers: {
      ...headers,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: `${new URLSearchParams(params)}`,
  };
  return await fetchAnswer(url, init, platform, FETCH_TIMEOUT_SECONDS, advice);
}

async function fetchAnswer(
  url: string,
  init: RequestInit & Partial<Pick<Form, "headers">>,
  platform: ResolvedRuntime,
  timeoutSeconds: number,
  advice = (_status: number): string => "",
): Promise<FormResponse> {
  try {
    return await withTimeout(timeoutSeconds, async (signal) => {
      const { status, body } = await platform.fetch(url, {
        ...init,
        headers: { ...HEADERS, ...init.headers },
        // Not "error": workerd throws on it. The status is checked below.
        redirect: "manual",
        signal,
      });
      if (status !== 200) {
        await body?.cancel();
        throw new AuthorizationServerError(
          `Cannot read ${url}: answered ${status}${advice(status)}`,
        );
      }
      const bytes = await readBytes(body, MAX_JSON_BYTES);
      const text = new TextDecoder().decode(bytes);
      const value = parseObject(text);
      if (value === undefined) {
        throw new AuthorizationServerError(
          `Cannot read ${url}: not a JSON object`,
        );
      }
      return { value, length: text.length };
    });
  } catch (cause) {
    if (cause instanceof AuthorizationServerError) throw cause;
    const why = networkFailure(cause) ?? messageOf(cause, init);
    throw new AuthorizationServerError(
      `Cannot read ${url}${why && `: ${why}`}`,
      { cause },
    );
  }
}

/** The message of an unknown error, but not for a form: it could repeat the form's token or client secret. */
function messageOf(error: unknown, { body }: RequestInit): string {
  if (!(error instanceof Error)) return "";
  const tooLarge = /^Cannot read body: (more than \d+ bytes)$/
    .exec(error.message)?.[1];
  return tooLarge ?? (body === undefined ? printable(error.message) : "");
}
