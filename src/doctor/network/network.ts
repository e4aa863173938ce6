/**
 * Sends the requests of an examination: each limited in time and size, all limited in total time, none to a host that
 * is not permitted, and every one recorded.
 *
 * @module
 */

import { type JsonObject, parseObject } from "../../http/body.ts";
import { parseUrl } from "../../runtime/identifiers.ts";
import type { ResolvedRuntime } from "../../runtime/platform.ts";
import { type PermissionOptions, permissions } from "./permissions.ts";
import type { Exchange, Stage } from "../report.ts";
import { printable } from "../../runtime/printable.ts";
import { type HttpRequest, type Outcome, send } from "./transfer.ts";

/** How long one response may take, including its body. */
export const REQUEST_TIMEOUT_SECONDS = 5;
/** The most characters of a response's body in the report. */
const MAX_BODY_LENGTH = 2000;
/** The most headers of a response in the report. */
const MAX_FIELDS = 60;
/** The most redirects that are followed, within one origin. */
const MAX_REDIRECTS = 3;

/** A request of the examination. */
export interface Question extends HttpRequest {
  /** The part of the examination. */
  readonly stage: Stage;
  /** The purpose of the request, for people. */
  readonly purpose: string;
}

/** A response of the examination. */
export interface Answer {
  /** The status; 0 if there was no response. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /** The body, as far as it was read. */
  readonly text: string;
  /** The body, if it is a JSON object. */
  readonly json: JsonObject | undefined;
  /** The request and response, as in the report. */
  readonly exchange: Exchange;
  /** The `Location` of a redirect, as it was sent. */
  readonly location: string | undefined;
}

/** Sends requests, and caches the responses: the same request is sent once. */
export interface Network {
  /** Sends a request. The response's status is 0 if there was none. Redirects are not followed. */
  ask(question: Question): Promise<Answer>;
  /** Sends a GET, and follows redirects within the origin. The last response is the final one. */
  read(question: Question): Promise<readonly [Answer, ...Answer[]]>;
  /** Why no request may be sent to a URL, in words; `undefined` if it may. */
  refusalOf(url: string): Promise<string | undefined>;
  /** Makes a string safe to show: printable, and without the secrets, which a server may repeat. */
  clean(text: string, maxLength?: number): string;
  /** All requests and responses, in order. */
  readonly exchanges: readonly Exchange[];
  /** The purposes of the requests that were not sent for lack of time. */
  readonly unasked: readonly string[];
}

/** Options of a {@linkcode Network}. */
export interface NetworkOptions extends PermissionOptions {
  /** How long all requests together may take. */
  readonly deadlineSeconds: number;
  /** Strings that the report must not contain. */
  readonly secrets: readonly string[];
  /** Receives each exchange. */
  readonly onExchange: ((exchange: Exchange) => void) | undefined;
}

/** Creates a network. */
export function openNetwork(
  platform: ResolvedRuntime,
  options: NetworkOptions,
): Network {
  const { onExchange } = options;
  // The longest first: one may begin with another.
  // In any case: header names and hosts come in lower case, whatever the server wrote.
  const secrets = options.secrets.toSorted((a, b) => b.length - a.length)
    .map((secret) => new RegExp(secret.replace(/\W/g, "\\$&"), "gi"));
  const end = platform.now() + options.deadlineSeconds * 1000;
  const refusalOf = permissions(options, () => (end - platform.now()) / 1000);
  const answers = new Map<string, Answer>();
  const exchanges: Exchange[] = [];
  const unasked: string[] = [];

  async function ask(question: Question): Promise<Answer> {
    const { method = "GET", url, headers = {}, body } = question;
    const key = JSON.stringify([method, url, headers, body]);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const refusal = await refusalOf(url);
    const left = Math.min(end - platform.now(), REQUEST_TIMEOUT_SECONDS * 1000);
    const isOver = left <= 0;
    if (isOver) unasked.push(question.purpose);
    const started = platform.now();
    const outcome: Outcome = refusal !== undefined
      ? { failure: `not requested: ${refusal}` }
      : isOver
      ? { failure: "not requested: there is no time left" }
      : await send(platform, question, left);
    const answer = note(question, outcome, platform.now() - started);
    if (!isOver) answers.set(key, answer);
    return answer;
  }

  function clean(text: string, maxLength?: number): string {
    return printable(
      secrets.reduce((rest, secret) => rest.replaceAll(secret, "…"), text),
      maxLength,
    );
  }

  /** Records an exchange, without secrets. */
  function note(
    { stage, purpose, method = "GET", url, headers = {}, body }: Question,
    { response, text = "", failure }: Outcome,
    milliseconds: number,
  ): Answer {
    const received = new Headers(response?.headers);
    // A cookie may identify a session, and no check needs it.
    received.delete("set-cookie");
    const exchange: Exchange = {
      number: exchanges.length + 1,
      stage,
      purpose: clean(purpose),
      method,
      url: clean(url, MAX_BODY_LENGTH),
      requestHeaders: mapEntries(headers, clean),
      ...(body !== undefined && { requestBody: clean(body, MAX_BODY_LENGTH) }),
      ...(response !== undefined && { status: response.status }),
      responseHeaders: mapEntries(
        Object.fromEntries([...received].slice(0, MAX_FIELDS)),
        (value) => clean(value, MAX_BODY_LENGTH),
      ),
      body: clean(onOneLine(text), MAX_BODY_LENGTH),
      ...(failure !== undefined && { failure: clean(failure) }),
      milliseconds,
    };
    if (!failure?.startsWith("not requested: there is no time")) {
      exchanges.push(exchange);
      onExchange?.(exchange);
    }
    const status = response?.status ?? 0;
    return {
      status,
      headers: received,
      text,
      json: failure === undefined ? parseObject(text) : undefined,
      exchange,
      location: status >= 300 && status < 400
        ? received.get("location") ?? undefined
        : undefined,
    };
  }

  async function read(
    question: Question,
  ): Promise<readonly [Answer, ...Answer[]]> {
    const first = await ask(question);
    const all: [Answer, ...Answer[]] = [first];
    for (let url = question.url; all.length <= MAX_REDIRECTS;) {
      const location = all.at(-1)?.location;
      const here = parseUrl(url);
      const next = parseUrl(location, here);
      if (next === undefined || next.origin !== here?.origin) break;
      url = next.href;
      const purpose = `${question.purpose}, redirected`;
      all.push(await ask({ ...question, purpose, url }));
    }
    return all;
  }

  return { ask, read, refusalOf, clean, exchanges, unasked };
}

/** JSON without the line breaks between its tokens: these would be escaped. */
function onOneLine(text: string): string {
  if (!/[\t\r\n]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    // It is no JSON, or nested too deeply.
    return text;
  }
}

/** Cleans names too, since the server also chooses these. */
function mapEntries(
  record: Readonly<Record<string, string>>,
  change: (value: string) => string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).map((
      [name, value],
    ) => [change(name), change(value)]),
  );
}
