/**
 * What a bridge knows about a client.
 *
 * @module
 */

/** A `client_id` has no more characters. */
export const MAX_CLIENT_ID_LENGTH = 2048;
/** A client's name is cut to this many characters. */
export const MAX_NAME_LENGTH = 80;

/** A public client. */
export interface Client {
  /** As it was given: a sealed registration, or the URL of a client ID metadata document. */
  readonly client_id: string;
  /** What it calls itself: not verified, and cleaned for display. */
  readonly client_name: string | undefined;
  readonly redirect_uris: readonly string[];
  /** Whether it asked to be given refresh tokens. */
  readonly refreshes: boolean;
  /** The host of its metadata document, which identifies it; `undefined` for a registered client, which is unverified. */
  readonly host: string | undefined;
}

/** Control characters, those that change how the text around them is drawn, and those that are drawn as nothing. */
const UNPRINTABLE =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{DI}\u2800]|\p{M}{4,}/gu;
/** The consent page puts the name between these: it must not end the quotation itself. */
const QUOTES = /[“”]/g;

/** A name as it may be shown: nothing invisible, no line breaks, {@linkcode MAX_NAME_LENGTH} characters. */
export function displayName(name: unknown): string | undefined {
  if (typeof name !== "string") return undefined;
  const clean = name.slice(0, 1024).toWellFormed().replace(UNPRINTABLE, "")
    .replace(QUOTES, '"').replace(/\s+/g, " ").trim();
  return [...clean].slice(0, MAX_NAME_LENGTH).join("") || undefined;
}

/** The grant types of a client that this server has, of those that it names (RFC 7591 §2). */
export function grantTypesOf(grants: readonly string[] | undefined): string[] {
  const asked = grants ?? ["authorization_code"];
  return ["authorization_code", "refresh_token"].filter((grant) =>
    asked.includes(grant)
  );
}
