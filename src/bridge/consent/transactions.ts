/**
 * One authorization on its way, kept by the browser that began it: a sealed cookie for each. What one browser consented
 * to cannot be finished in another
 * ({@link https://www.rfc-editor.org/rfc/rfc6749#section-10.12 | RFC 6749 §10.12}).
 *
 * @module
 */

import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import * as z from "zod/mini";
import { sha256 } from "../sealing/hash.ts";
import type { Sealer } from "../sealing/sealer.ts";

/** How long a person may take to consent, and then to sign in. */
export const TRANSACTION_SECONDS = 600;
/** What a cookie's name and value may take together: browsers drop one of more than 4096 bytes. */
export const MAX_COOKIE_BYTES = 3500;
/** How many a browser holds for one bridge: servers refuse headers of more than 16 kB or so. */
export const MAX_TRANSACTIONS = 4;

/** What is remembered between a client's authorization request and the answer to it. */
export interface Transaction {
  /** Names the cookie. It is the `state` that the provider gets. */
  readonly state: string;
  /** What the form's token, the code verifier and the nonce are derived from. */
  readonly seed: string;
  readonly consented: boolean;
  /** When its present step began, in seconds since 1970. */
  readonly began: number;
  /** Which application of which provider it is about. */
  readonly upstream: string;
  /** The hash of the `client_id`, which itself may be too long for a cookie. */
  readonly client: string;
  /** Whether the client gets refresh tokens. */
  readonly refreshes: boolean;
  readonly redirect_uri: string;
  /** Whether the client named its redirect URI, and so has to name it again (RFC 6749 §4.1.3). */
  readonly named: boolean;
  readonly client_state?: string | undefined;
  readonly code_challenge: string;
  /** The thumbprint of the key to which the code is bound. */
  readonly dpop_jkt?: string | undefined;
  readonly resource: string;
  /** Divided by spaces. */
  readonly scope: string;
}

const TRANSACTION: z.ZodMiniType<Transaction> = z.object({
  state: z.string(),
  seed: z.string(),
  consented: z.boolean(),
  began: z.number(),
  upstream: z.string(),
  client: z.string(),
  refreshes: z.boolean(),
  redirect_uri: z.string(),
  named: z.boolean(),
  client_state: z.optional(z.string()),
  code_challenge: z.string(),
  dpop_jkt: z.optional(z.string()),
  resource: z.string(),
  scope: z.string(),
});

/** The transactions of a browser. */
export interface Transactions {
  /** Gives a transaction to the browser. False: it is too large for a cookie. */
  save(c: Context, transaction: Transaction): Promise<boolean>;
  /** The transaction of a `state`, if this browser has it and it is not too old. */
  find(c: Context, state: string): Promise<Transaction | undefined>;
  /** Takes a transaction from the browser. */
  end(c: Context, state: string): Promise<void>;
}

const STATE = /^[\w-]{32}$/;
/** How many cookies are looked at. A browser that has more of them did not get them here. */
const MAX_LOOKED_AT = 16;

/** Transactions that are sealed by `sealer`. */
export function transactions(
  { seal, open }: Sealer,
  issuer: string,
  now: () => number,
): Transactions {
  const secure = issuer.startsWith("https:");
  const attributes = {
    path: "/",
    secure,
    httpOnly: true,
    sameSite: "Lax",
  } as const;
  let known: string | undefined;

  /** All bridges of one host share its cookies: each has names of its own. */
  async function prefix(): Promise<string> {
    known ??= `${secure ? "__Host-" : ""}bridge-${
      (await sha256(issuer)).slice(0, 8)
    }-`;
    return known;
  }

  async function read(
    name: string,
    sealed: string | undefined,
  ): Promise<Transaction | undefined> {
    if (sealed === undefined || sealed.length > MAX_COOKIE_BYTES) {
      return undefined;
    }
    const transaction = await open("transaction", sealed, TRANSACTION);
    if (
      transaction === undefined || !name.endsWith(`-${transaction.state}`) ||
      now() / 1000 > transaction.began + TRANSACTION_SECONDS
    ) return undefined;
    return transaction;
  }

  /** Makes room for one more: deletes expired cookies, and then the oldest ones. */
  async function makeRoom(c: Context, added: string): Promise<void> {
    const start = await prefix();
    const names = Object.keys(getCookie(c))
      .filter((name) => name.startsWith(start) && name !== added);
    const held: { readonly name: string; readonly began: number }[] = [];
    for (const name of names.slice(0, MAX_LOOKED_AT)) {
      const transaction = await read(name, getCookie(c, name));
      if (transaction === undefined) deleteCookie(c, name, attributes);
      else held.push({ name, began: transaction.began });
    }
    held.sort((one, other) => one.began - other.began);
    const excess = held.length - (MAX_TRANSACTIONS - 1);
    for (const { name } of held.slice(0, Math.max(0, excess))) {
      deleteCookie(c, name, attributes);
    }
  }

  return {
    async save(c, transaction): Promise<boolean> {
      const name = `${await prefix()}${transaction.state}`;
      const sealed = await seal("transaction", transaction);
      if (name.length + sealed.length > MAX_COOKIE_BYTES) return false;
      await makeRoom(c, name);
      setCookie(c, name, sealed, {
        ...attributes,
        maxAge: TRANSACTION_SECONDS,
      });
      return true;
    },
    async find(c, state): Promise<Transaction | undefined> {
      if (!STATE.test(state)) return undefined;
      const name = `${await prefix()}${state}`;
      return await read(name, getCookie(c, name));
    },
    async end(c, state): Promise<void> {
      deleteCookie(c, `${await prefix()}${state}`, attributes);
    },
  };
}
