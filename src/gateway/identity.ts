/**
 * Headers that tell the upstream who calls: `X-Forwarded-User`, `X-Forwarded-Email` and `X-Forwarded-Groups`. Two
 * values never become one: what a header could lose or change is percent-encoded.
 *
 * @module
 */

import type { AuthInfo } from "../types.ts";

/** What an upstream can be told of the caller. */
export type Identity = "user" | "email" | "groups" | "assertion";

/** The caller, as far as the token says. */
export interface CallerIdentity {
  /** The token's `sub`. */
  readonly user?: string;
  /** Its `email`, unless it says that this was not verified. */
  readonly email?: string;
  /** Its `groups`. */
  readonly groups?: readonly string[];
}

/** What a token says of its caller. A claim of another type is left out. */
export function identityOf({ extra }: AuthInfo): CallerIdentity {
  const { sub, email, email_verified, groups } = Object(extra?.claims);
  const list = typeof groups === "string" ? [groups] : groups;
  return {
    ...(isText(sub) && { user: sub }),
    ...(isText(email) && `${email_verified}` !== "false" && { email }),
    ...(Array.isArray(list) && list.length > 0 && list.every(isText) &&
      { groups: list }),
  };
}

/** Writes the caller into a request's headers. */
export function writeIdentity(
  headers: Headers,
  { user, email, groups }: CallerIdentity,
): void {
  if (user !== undefined) headers.set("x-forwarded-user", encode(user));
  if (email !== undefined) headers.set("x-forwarded-email", encode(email));
  if (groups !== undefined) {
    const list = groups.map((group) => encode(group).replaceAll(",", "%2C"));
    headers.set("x-forwarded-groups", list.join(","));
  }
}

/** An empty string would be a header without a value, which is the same as none to some. */
function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Percent-encodes all but 0x21 to 0x7E, and `%`. */
function encode(value: string): string {
  return value.replace(/[^!-$&-~]/gu, (character) =>
    Array.from(
      bytesOf(character.codePointAt(0)!),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    ).join(""));
}

/** UTF-8, by which a surrogate that stands alone has bytes of its own too: a `TextEncoder` would make one of them all. */
function bytesOf(point: number): Iterable<number> {
  return point >= 0xd800 && point <= 0xdfff
    ? [0xe0 | point >> 12, 0x80 | point >> 6 & 0x3f, 0x80 | point & 0x3f]
    : new TextEncoder().encode(String.fromCodePoint(point));
}
