/**
 * URLs that are identifiers: a protected resource's
 * ({@link https://www.rfc-editor.org/rfc/rfc9728#section-1.2 | RFC 9728 §1.2}) and an issuer's
 * ({@link https://www.rfc-editor.org/rfc/rfc8414#section-2 | RFC 8414 §2}).
 * They are compared and split as strings, and sent exactly as configured.
 *
 * @module
 */

/** An identifier's origin as written, and its path, which may be empty. No `%` in the host: `URL` would decode it. */
const PARTS = /^([^:/]+:\/\/[^/%]+)(\/.*)?$/;
/** A query, a fragment or credentials. Empty ones too, which `URL` does not report. */
const EXTRAS = /[?#]|^[^/]*\/\/[^/]*@/;
/** Characters that `URL` removes, escapes or reads as others. */
const FOREIGN = /[^!-~]|["\\<>^`{|}]/;

/** The longest string that {@linkcode parseUrl} parses, in characters. */
export const MAX_URL_LENGTH = 8192;

/** What a runtime normalizes in a host: characters outside ASCII, as they are or escaped. */
const NORMALIZED = /[^\0-\x7f]|%/;
/** No DNS name is longer. */
const MAX_HOST_LENGTH = 255;
/** The host of a URL whose host `URL` normalizes, or of a reference to one (`//host`). It ignores tabs and line ends. */
const HOST =
  /^[\0- ]*(?:(?:https?|wss?|ftp):[/\\]*|file:[/\\]{2}|[/\\]{2,})([^/\\?#]*)/i;

/**
 * Whether a string may be parsed as a URL: it has at most {@linkcode MAX_URL_LENGTH} characters, and a host with escapes
 * or characters outside ASCII has at most 255. Runtimes normalize hosts in quadratic time, so a long one would block the process for seconds.
 */
export function isParsable(value: string): boolean {
  if (value.length > MAX_URL_LENGTH) return false;
  if (!NORMALIZED.test(value)) return true;
  const host = HOST.exec(value.replace(/[\t\n\r]/g, ""))?.[1] ?? "";
  return host.length <= MAX_HOST_LENGTH || !NORMALIZED.test(host);
}

/** Parses a URL that may come from anyone. Returns `undefined` for what is not a URL, or is not {@linkcode isParsable}. */
export function parseUrl(value: unknown, base?: URL): URL | undefined {
  return typeof value === "string" && isParsable(value) &&
      URL.canParse(value, base)
    ? new URL(value, base)
    : undefined;
}

/**
 * Checks a configured identifier.
 *
 * @throws {TypeError} If it is not an https URL (http only where the host is loopback), or has a query, a
 *   fragment, credentials, dot segments or characters that a URL would have to escape.
 */
export function checkIdentifier(value: string, name: string): void {
  if (typeof value !== "string") {
    throw new TypeError(
      `Cannot use ${name} (${typeof value}): write an absolute https URL, as a string`,
    );
  }
  const url = identifierUrl(value);
  if (url === undefined) {
    throw new TypeError(
      `Cannot use ${name} ${
        JSON.stringify(value)
      }: write an absolute https URL${suggestedUrl(value)}`,
    );
  }
  if (EXTRAS.test(value)) {
    throw new TypeError(
      `Cannot use ${name} ${value}: remove its query, fragment or credentials`,
    );
  }
  if (url.pathname !== (pathOf(value) || "/")) {
    throw new TypeError(
      `Cannot use ${name} ${value}: write its path without dot segments`,
    );
  }
  if (
    url.protocol !== "https:" &&
    !(url.protocol === "http:" && isLoopback(url.hostname))
  ) {
    throw new TypeError(
      `Cannot use ${name} ${value}: use https (http is for loopback hosts)`,
    );
  }
}

/** The advice for a host and a path without a scheme: `, such as https://…`. Empty for other strings. */
export function suggestedUrl(value: string): string {
  for (const scheme of ["https", "http"]) {
    const url = identifierUrl(`${scheme}://${value}`);
    if (url === undefined || !/\.|^localhost$/.test(url.hostname)) continue;
    if (isLoopback(url.hostname) !== (scheme === "http")) continue;
    return `, such as ${scheme}://${value}`;
  }
  return "";
}

/** Whether a host name, as `URL.hostname` returns it, can only be this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(hostname);
}

/** Whether an identifier's host is this machine. */
export function isLoopbackIdentifier(identifier: string): boolean {
  return isLoopback(new URL(identifier).hostname);
}

/** An identifier's path as written; empty for `https://host` and for `https://host/`. */
export function pathOf(identifier: string): string {
  const path = PARTS.exec(identifier)?.[2] ?? "";
  return path === "/" ? "" : path;
}

/** An identifier with `/.well-known/{name}` inserted between its host and its path. */
export function insertWellKnown(
  identifier: string,
  name: string,
): string {
  const origin = PARTS.exec(identifier)?.[1];
  return `${origin}/.well-known/${name}${pathOf(identifier)}`;
}

/**
 * A string that is equal for equal identifiers: scheme and host in lower case, no default port, no slash after the host
 * alone, the path unchanged. A value that is not a plain URL is returned as it is.
 */
export function canonicalIdentifier(value: string): string {
  const url = EXTRAS.test(value) ? undefined : identifierUrl(value);
  return url === undefined
    ? value
    : `${url.protocol}//${url.host}${pathOf(value)}`;
}

/** Parses an identifier; `undefined` for a string with a character that no identifier has. */
function identifierUrl(value: string): URL | undefined {
  return PARTS.test(value) && !FOREIGN.test(value)
    ? parseUrl(value)
    : undefined;
}

/**
 * Checks the trusted issuers.
 *
 * @throws {TypeError} If there is none, or one is not a valid issuer identifier.
 */
export function checkIssuers(
  issuers: readonly string[],
  place: string = "authorization_servers",
): void {
  if (!Array.isArray(issuers) || issuers.length === 0) {
    const example = typeof issuers === "string"
      ? JSON.stringify([issuers])
      : '["https://auth.example.com"]';
    throw new TypeError(
      `Cannot use ${place}: name at least one issuer in an array, such as ${example}`,
    );
  }
  for (const issuer of issuers) {
    checkIdentifier(issuer, "issuer");
    if (issuer.includes("/.well-known/")) {
      throw new TypeError(
        `Cannot use issuer ${issuer}: write the issuer that the document at this URL names`,
      );
    }
  }
}
