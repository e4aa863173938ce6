/**
 * Reads a JSON object from a server that is trusted to name keys or to judge its own tokens, and for nothing else: it
 * may be slow, huge, gone or under someone else's control.
 *
 * @module
 */

import { AuthorizationServerError } from "../errors.ts";
import { type JsonObject, parseObject, readBytes } from "../http/body.ts";
import { networkFailure } from "../runtime/network_failure.ts";
import { printable } from "../runtime/printable.ts";
import { withTimeout } from "../runtime/timeout.ts";
import type { ResolvedRuntime } from "../runtime/platform.ts";

/** How long one answer may take, its body included. */
export const FETCH_TIMEOUT_SECONDS = 5;
/** How large an answer may be. */
export const MAX_JSON_BYTES = 262_144;

/** Sent with every request. */
const HEADERS = {
  // Some servers have their keys under a media type of their own, and answer 406 to a client that names another.
  accept: "application/json, */*;q=0.1",
  // workerd adds none by itself, and some firewalls reject a request without it.
  "user-agent": "gatehouse-mcp-auth",
};

/**
 * Gets a JSON object by a URL that configuration or a trusted issuer's metadata names. Redirects are not followed.
 *
 * @throws {AuthorizationServerError} If the answer is not 200, not a JSON object, over
 *   {@linkcode MAX_JSON_BYTES} or later than `timeoutSeconds`.
 */
export async function fetchJson(
  url: string,
  platform: ResolvedRuntime,
  timeoutSeconds: number = FETCH_TIMEOUT_SECONDS,
): Promise<JsonObject> {
  return (await fetchAnswer(url, {}, platform, timeoutSeconds)).value;
}

/** A form, and how it is sent. */
export interface Form {
  /** The parameters. */
  readonly params: Readonly<Record<string, string>>;
  /** The fields of the request, in lower case. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What was answered to a form. */
export interface Answer {
  /** The JSON object. */
  readonly value: JsonObject;
  /** How long it was, in characters. */
  readonly length: number;
}

/**
 * Posts a form, and gets a JSON object as {@linkcode fetchJson} does. Nothing of the form is in an error.
 *
 * @throws {AuthorizationServerError} As {@linkcode fetchJson}; `advice` says what to change for a status.
 */
export async function postForm(
  url: string,
  { params, headers }: Form,
  platform: ResolvedRuntime,
  advice: (status: number) => string,
): Promise<Answer> {
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
): Promise<Answer> {
  try {
    return await withTimeout(timeoutSeconds, async (signal) => {
      const { status, body } = await platform.fetch(url, {
        ...init,
        headers: { ...HEADERS, ...init.headers },
        // workerd throws on "error"; "manual" and a look at the status work everywhere.
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

/** What an unknown error says, but of a form: that holds a token and this client's secret, which it might repeat. */
function messageOf(error: unknown, { body }: RequestInit): string {
  if (!(error instanceof Error)) return "";
  const tooLarge = /^Cannot read body: (more than \d+ bytes)$/
    .exec(error.message)?.[1];
  return tooLarge ?? (body === undefined ? printable(error.message) : "");
}
