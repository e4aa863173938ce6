/**
 * The requests of an examination: each bounded in time and size, all of them together in time, none sent where it
 * should not go, every one written down.
 *
 * @module
 */

import { type JsonObject, parseObject } from "../fetch_json.ts";
import type { ResolvedPlatform } from "../platform.ts";
import { mayAsk } from "./addresses.ts";
import type { Exchange, Stage } from "./report.ts";
import { printable } from "./text.ts";

/** How long one answer may take, its body included. */
export const REQUEST_TIMEOUT_SECONDS = 5;
/** How much of an answer's body is read. */
export const MAX_ANSWER_BYTES = 262_144;
/** How much of an answer's body is kept in the report. */
const MAX_BODY_LENGTH = 2000;
/** How many fields of an answer are kept in the report. */
const MAX_FIELDS = 60;
/** How often a redirect is followed, within one origin. */
const MAX_REDIRECTS = 3;

/** What is asked. */
export interface Question {
  /** The part of the examination. */
  readonly stage: Stage;
  /** What is asked, in words. */
  readonly purpose: string;
  /** Default: GET. */
  readonly method?: string;
  /** Where. A URL that a document or a field names is asked only if it may be. */
  readonly url: string;
  /** The fields. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body. */
  readonly body?: string;
}

/** What was answered. */
export interface Answer {
  /** The status; 0 where there was no answer. */
  readonly status: number;
  /** The fields. */
  readonly headers: Headers;
  /** The body, as far as it was read. */
  readonly text: string;
  /** The body, where it is a JSON object. */
  readonly json: JsonObject | undefined;
  /** What was written down. */
  readonly exchange: Exchange;
  /** Where the answer leads, if it redirects: as it is written in its field. */
  readonly location: string | undefined;
}

/** Asks questions, and remembers the answers: the same question is asked once. */
export interface Network {
  /** The answer, whose status is 0 if there was none. Redirects are not followed. */
  ask(question: Question): Promise<Answer>;
  /** The answers to a GET, redirects within the origin followed; the last one is the one that counts. */
  read(question: Question): Promise<readonly [Answer, ...Answer[]]>;
  /** Why a URL is not asked, in words; `undefined` if it may be asked. */
  refusalOf(url: string): Promise<string | undefined>;
  /** All that was asked. */
  readonly exchanges: readonly Exchange[];
  /** What was not asked any more when the time was over. */
  readonly unasked: readonly string[];
}

/** How a {@linkcode Network} is bounded. */
export interface NetworkOptions {
  /** The URL of the server that is examined. */
  readonly examined: URL;
  /** Hosts that may be asked whatever they are. */
  readonly allowHosts: readonly string[];
  /** How long it may take altogether. */
  readonly deadlineSeconds: number;
  /** What must not be written down. */
  readonly secrets: readonly string[];
  /** The addresses behind a name. */
  readonly lookup:
    | ((hostname: string) => Promise<readonly string[]>)
    | undefined;
  /** Is told of each exchange. */
  readonly onExchange: ((exchange: Exchange) => void) | undefined;
}

/** Opens a network. */
export function openNetwork(
  platform: ResolvedPlatform,
  options: NetworkOptions,
): Network {
  const { examined, allowHosts, secrets, lookup, onExchange } = options;
  const end = platform.now() + options.deadlineSeconds * 1000;
  const answers = new Map<string, Answer>();
  const refusals = new Map<string, string | undefined>();
  const exchanges: Exchange[] = [];
  const unasked: string[] = [];

  async function refusalOf(url: string): Promise<string | undefined> {
    const target = URL.canParse(url) ? new URL(url) : undefined;
    if (target === undefined) return "it is not a URL";
    const { protocol, hostname, origin, username, password } = target;
    if (origin === examined.origin) return undefined;
    if (username + password !== "") return "it has credentials";
    if (allowHosts.includes(hostname)) return undefined;
    const isPlain = protocol === "http:" && examined.protocol === "http:" &&
      mayAsk(examined.hostname, hostname);
    if (protocol !== "https:" && !isPlain) return "it is not https";
    if (!mayAsk(examined.hostname, hostname)) {
      return "its host is not on the internet";
    }
    if (!refusals.has(hostname)) {
      refusals.set(hostname, await refusalByAddress(hostname));
    }
    return refusals.get(hostname);
  }

  /** A name on the internet may have an address that is not. */
  async function refusalByAddress(name: string): Promise<string | undefined> {
    if (lookup === undefined) return undefined;
    const addresses = await withinSeconds(
      Math.min(REQUEST_TIMEOUT_SECONDS, (end - platform.now()) / 1000),
      // The request will say why there is no such name.
      lookup(name).catch(() => []),
    );
    if (addresses === undefined) {
      return "its host's address is not known in time";
    }
    return addresses.every((address) => mayAsk(examined.hostname, address))
      ? undefined
      : "its host's address is not on the internet";
  }

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
      ? { failure: `not asked: ${refusal}` }
      : isOver
      ? { failure: "not asked: there is no time left" }
      : await send(platform, question, left);
    const answer = note(question, outcome, platform.now() - started);
    if (!isOver) answers.set(key, answer);
    return answer;
  }

  /** Writes an exchange down, without secrets. */
  function note(
    { stage, purpose, method = "GET", url, headers = {} }: Question,
    { response, text = "", failure }: Outcome,
    milliseconds: number,
  ): Answer {
    const clean = (value: string, maxLength?: number): string =>
      printable(
        secrets.reduce((rest, secret) => rest.replaceAll(secret, "…"), value),
        maxLength,
      );
    const received = new Headers(response?.headers);
    // A session may hang on it, and nothing here depends on it.
    received.delete("set-cookie");
    const exchange: Exchange = {
      number: exchanges.length + 1,
      stage,
      purpose: clean(purpose),
      method,
      url: clean(url, MAX_BODY_LENGTH),
      requestHeaders: mapValues(headers, clean),
      ...(response !== undefined && { status: response.status }),
      responseHeaders: mapValues(
        Object.fromEntries([...received].slice(0, MAX_FIELDS)),
        (value) => clean(value, MAX_BODY_LENGTH),
      ),
      body: clean(text, MAX_BODY_LENGTH),
      ...(failure !== undefined && { failure }),
      milliseconds,
    };
    if (!failure?.startsWith("not asked: there is no time")) {
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
      if (location === undefined || !URL.canParse(location, url)) break;
      const next = new URL(location, url);
      if (next.origin !== new URL(url).origin) break;
      url = next.href;
      const purpose = `${question.purpose}, redirected`;
      all.push(await ask({ ...question, purpose, url }));
    }
    return all;
  }

  return { ask, read, refusalOf, exchanges, unasked };
}

interface Outcome {
  readonly response?: Response;
  readonly text?: string;
  readonly failure?: string;
}

/** Sends a request, and reads as much of the answer as the bounds let. */
async function send(
  { fetch }: ResolvedPlatform,
  { method = "GET", url, headers, body }: Question,
  milliseconds: number,
): Promise<Outcome> {
  const controller = new AbortController();
  const late = Symbol();
  let timer: ReturnType<typeof setTimeout> | undefined;
  // Not by the signal alone: a fetch that was passed in may not look at it.
  const timeout = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), Math.ceil(milliseconds));
  });
  try {
    const response = await Promise.race([
      timeout,
      fetch(url, {
        method,
        redirect: "manual",
        signal: controller.signal,
        ...(headers !== undefined && { headers: { ...headers } }),
        ...(body !== undefined && { body }),
      }),
    ]);
    if (response === late) return { failure: "timed out" };
    return await readBody(response, method, timeout);
  } catch (error) {
    return { failure: `no connection: ${printable(reasonOf(error))}` };
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

async function readBody(
  response: Response,
  method: string,
  timeout: Promise<unknown>,
): Promise<Outcome> {
  const isStream = /^text\/event-stream\b/i.test(
    response.headers.get("content-type") ?? "",
  );
  const reader = response.body?.getReader();
  // A stream of events that answers GET has nothing to say yet, and no end.
  if (reader === undefined || isStream && method === "GET") {
    leave(reader);
    return { response };
  }
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0;;) {
    let step: ReadableStreamReadResult<Uint8Array> | undefined;
    try {
      step = await Promise.race([timeout.then(() => undefined), reader.read()]);
    } catch {
      return { response, text, failure: "the connection broke" };
    }
    if (step?.done) return { response, text: text + decoder.decode() };
    const failure = step === undefined
      ? "the body did not end in time"
      : (bytes += step.value.byteLength) > MAX_ANSWER_BYTES
      ? `the body is longer than ${MAX_ANSWER_BYTES} bytes`
      : undefined;
    const piece = failure === undefined
      ? decoder.decode(step?.value, { stream: true })
      : "";
    text += piece;
    // The end alone: a server may send its bytes one by one.
    const isEnough = isStream &&
      /\r?\n\r?\n/.test(text.slice(-piece.length - 3));
    if (failure === undefined && !isEnough) continue;
    leave(reader);
    return { response, text, ...(failure !== undefined && { failure }) };
  }
}

/** What is known in time. */
async function withinSeconds<T>(
  seconds: number,
  work: Promise<T>,
): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, seconds * 1000), undefined);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Nobody waits for a body that nobody reads. */
function leave(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
): void {
  reader?.cancel().catch(() => {});
}

/** The innermost cause tells most: a wrong certificate, a name that does not exist. */
function reasonOf(error: unknown): string {
  let reason = "";
  for (
    let cause = error, depth = 0;
    cause instanceof Error && depth < 5;
    depth++
  ) {
    reason = cause.message || reason;
    cause = cause.cause;
  }
  return reason || "unknown";
}

function mapValues(
  record: Readonly<Record<string, string>>,
  change: (value: string) => string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, change(value)]),
  );
}
