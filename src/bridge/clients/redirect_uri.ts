/**
 * One redirect URI: its parts, if it is written so that every browser reads the same
 * ({@link https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2 | RFC 6749 §3.1.2}).
 *
 * @module
 */

/** A redirect URI has no more characters. */
export const MAX_REDIRECT_URI_LENGTH = 512;

/**
 * Scheme, host, port, path and query. Credentials, fragments, backslashes, spaces and control characters have no place,
 * nor has a port with leading zeros, which browsers drop.
 */
const PARTS =
  /^([a-z][a-z\d+.-]*):\/\/(\[[\da-f:.]+\]|[^\s/?#:@[\]\\]*)(?::(0|[1-9]\d{0,4}))?(\/[^?#]*)?(\?[^#]*)?$/i;
const PLAIN = /^(?!.*["<>\\^`{|}])[!-~]+$/;
/** An authorization response sets these, and each exactly once. */
const RESPONSE_PARAMETERS: readonly string[] = [
  "code",
  "error",
  "error_description",
  "error_uri",
  "iss",
  "response",
  "state",
];
const LOOPBACK_HOSTS = ["127.0.0.1", "[::1]", "localhost"];

/** A redirect URI in its parts. */
export interface RedirectUri {
  /** In lower case, with its colon. */
  readonly protocol: string;
  /** In lower case, without the port. */
  readonly hostname: string;
  readonly port: string;
  /** Whether it leads to the user's own machine, where any port may answer. */
  readonly isLoopback: boolean;
  /** Path and query as they are written. */
  readonly rest: string;
}

/** The parts of a redirect URI that browsers read in the same way; `undefined` for any other one. */
export function partsOf(uri: string): RedirectUri | undefined {
  if (
    typeof uri !== "string" || uri.length > MAX_REDIRECT_URI_LENGTH ||
    !PLAIN.test(uri) || !URL.canParse(uri)
  ) return undefined;
  const match = PARTS.exec(uri);
  if (match === null) return undefined;
  const [, scheme = "", host = "", port = "", path = "", query = ""] = match;
  const url = new URL(uri);
  const hostname = host.toLowerCase();
  if (
    url.hostname.toLowerCase() !== hostname ||
    url.pathname !== path && !(path === "" && url.pathname === "/") ||
    hasDotSegment(path) || url.search !== (query === "?" ? "" : query) ||
    RESPONSE_PARAMETERS.some((name) => url.searchParams.has(name))
  ) return undefined;
  const protocol = `${scheme.toLowerCase()}:`;
  const isWeb = protocol === "http:" || protocol === "https:";
  if (isWeb && hostname === "") return undefined;
  return {
    protocol,
    hostname,
    port,
    isLoopback: isWeb && isLoopbackHost(hostname),
    rest: `${path || "/"}${query}`,
  };
}

/** Also as a router behind might decode it. */
function hasDotSegment(path: string): boolean {
  return path.replace(/%2e/gi, ".").split(/[/\\]|%2f|%5c/i)
    .some((segment) => segment === "." || segment === "..");
}

function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK_HOSTS.includes(hostname);
}
