/**
 * Why a request got no response. Every runtime reports that in its own way: by `code`, by the message, or by the
 * message of a cause.
 *
 * @module
 */

import { printable } from "./printable.ts";

/** How far causes are followed, and how much of each message is read. */
const MAX_DEPTH = 5;
const MAX_MESSAGE_LENGTH = 500;

/**
 * The first match decides. A code stands in brackets. `$1` is what the pattern captured, `$m` the innermost message.
 */
const FAILURES: readonly (readonly [pattern: RegExp, why: string])[] = [
  [
    /requires net access to "([^"]{1,300})"/i,
    "Deno has no permission, run with --allow-net=$1",
  ],
  [/\[ECONNREFUSED|connection refused/i, "connection refused"],
  [/\[(?:ENOTFOUND|EAI_AGAIN)|\bdns error/, "host not found"],
  [/\[E(?:HOST|NET)UNREACH/, "host unreachable"],
  [
    /\[(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO)|peer certificate|corrupt message|(?:TLS|tls) (?:handshake|connection)/,
    "TLS failed: $m",
  ],
  [
    /TimeoutError|\[(?:ETIMEDOUT|UND_ERR_\w*TIMEOUT)|connection timed out/i,
    "no response in time",
  ],
  [
    /\[(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)|connection (?:reset|closed|lost)/i,
    "connection closed",
  ],
  [/\bbad port\b|requests to port \d+ are blocked/i, "fetch blocks this port"],
  [/\b(?:fetch failed|failed to fetch)\b/i, "no connection: $m"],
];

/**
 * Why no response came, from what `fetch` threw, in words that are {@linkcode printable}; `undefined` if the error does
 * not come from the network.
 */
export function networkFailure(error: unknown): string | undefined {
  const links = causesOf(error);
  const text = links.join("; ");
  for (const [pattern, why] of FAILURES) {
    const match = pattern.exec(text);
    if (match === null) continue;
    return printable(
      why.replace("$1", () => match[1] ?? "")
        .replace("$m", () => messageIn(links.at(-1)!)),
    );
  }
  return undefined;
}

/** The error and what caused it, outermost first, each as `name [code] message`. */
function causesOf(error: unknown): readonly string[] {
  const links: string[] = [];
  let link = error;
  while (
    links.length < MAX_DEPTH && typeof link === "object" && link !== null
  ) {
    const { name, code, message, cause, errors } = link as Readonly<
      Record<string, unknown>
    >;
    const text = `${textOf(name)} [${textOf(code)}] ${textOf(message)}`;
    links.push(text.slice(0, MAX_MESSAGE_LENGTH));
    link = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return links;
}

/** The message without what Deno writes before it. */
function messageIn(link: string): string {
  return link.replace(/^.*?\] /, "")
    .replace(/^error sending request .*? client error \(\w+\): /, "");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
