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

const TLS_FAILED = "TLS failed";

/** The first match decides. `$1` is what the pattern captured. */
const FAILURES: readonly (readonly [pattern: RegExp, why: string])[] = [
  [
    /requires net access to "([^"]{1,300})"/i,
    "Deno has no permission, run with --allow-net=$1",
  ],
  [/ECONNREFUSED|connection ?refused/i, "connection refused"],
  [/ENOTFOUND|EAI_AGAIN|\bdns error|getaddrinfo/i, "host not found"],
  [/EHOSTUNREACH|ENETUNREACH/, "host unreachable"],
  [
    /[A-Z]_CERT|CERT_[A-Z]|ERR_(?:TLS|SSL)_|UNABLE_TO_VERIFY|EPROTO|peer certificate|(?:TLS|tls) (?:handshake|connection)/,
    TLS_FAILED,
  ],
  [
    /TimeoutError|ETIMEDOUT|UND_ERR_\w*TIMEOUT|connection timed out/i,
    "no response in time",
  ],
  [
    /ECONNRESET|EPIPE|UND_ERR_SOCKET|connection ?(?:reset|closed|lost)|other side closed/i,
    "connection closed",
  ],
  [/\bbad port\b|requests to port \d+ are blocked/i, "fetch blocks this port"],
  [/\b(?:fetch failed|failed to fetch)\b/i, "no connection"],
];

/**
 * Why no response came, from what `fetch` threw, or `undefined` if the error does not come from the network. A failed TLS
 * handshake is followed by the runtime's own words, which are {@linkcode printable}.
 */
export function networkFailure(error: unknown): string | undefined {
  const links = causesOf(error);
  const text = links.join("; ");
  for (const [pattern, why] of FAILURES) {
    const match = pattern.exec(text);
    if (match === null) continue;
    return printable(
      why === TLS_FAILED
        ? `${why}: ${links.at(-1)}`
        : why.replace("$1", () => match[1] ?? ""),
    );
  }
  return undefined;
}

/** The error and what caused it, outermost first, each as its name, code and message. */
function causesOf(error: unknown): readonly string[] {
  const links: string[] = [];
  let link = error;
  while (links.length < MAX_DEPTH && typeof link === "object" && link !== null) {
    const { name, code, message, cause, errors } = link as Readonly<
      Record<string, unknown>
    >;
    links.push(
      [name, code, message].filter((part) => typeof part === "string" && part)
        .join(" ").slice(0, MAX_MESSAGE_LENGTH),
    );
    link = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return links;
}
