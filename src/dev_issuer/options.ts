/**
 * What the development issuer is started with, and what has started.
 *
 * @module
 */

import {
  aBoolean,
  aFunction,
  aString,
  eachOf,
  mustBe,
  oneOf,
  type OptionShape,
  optionsOf,
  orNull,
  strings,
} from "../runtime/option_checks.ts";

/** What the server is started with. */
export interface DevIssuerOptions {
  /** Where it listens, on 127.0.0.1 and on ::1. */
  readonly port: number;
  /**
   * The one protected resource that tokens are for, also if a client names none. Default: every resource on loopback,
   * which the client must name ({@link https://www.rfc-editor.org/rfc/rfc8707 | RFC 8707}).
   */
  readonly resource?: string | undefined;
  /** The resource's scopes. A client that asks for none gets the first. Default: every scope that a client asks for. */
  readonly scopes?: readonly string[] | undefined;
  /** How the sign-in page describes the scopes, such as `{ "notes:read": "read your notes" }`. Default: their names alone. */
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined;
  /**
   * Signs in the user `developer` and consents to everything: the authorization endpoint sends the client's code
   * at once, with no page and no cookie. Clients may then have redirect URIs on loopback alone. Default: false.
   */
  readonly autoApprove?: boolean | undefined;
  /** The issuer's path, such as `/tenant1`. Default: none. */
  readonly path?: string | undefined;
  /**
   * The one application that it knows, as a company's identity provider would: then no client can register, in whatever
   * way, and it tells who a user is and nothing else. Default: every client may register.
   */
  readonly application?: Application | undefined;
  /** Binds tokens to the key of a client that proves it by DPoP (RFC 9449). Default: all tokens are bearer tokens. */
  readonly dpop?: true | undefined;
  /**
   * Fetches client ID metadata documents, by https from the internet alone. `null`: the server knows no such documents,
   * and its metadata does not offer them. Default: the runtime's `fetch`.
   */
  readonly fetch?:
    | ((url: string, init?: RequestInit) => Promise<Response>)
    | null
    | undefined;
}

/** An application that was registered by hand. */
export interface Application {
  /** Its client identifier. */
  readonly client_id: string;
  /** Its client secret. */
  readonly client_secret: string;
  /** Its only redirect URI. */
  readonly callback: string;
}

/** A server that has started. */
export interface DevIssuer {
  /** `http://localhost:<port>` and the path. */
  readonly issuer: string;
  /** Stops listening, and forgets all logins and keys. Registrations are still accepted after a restart. */
  close(): Promise<void>;
}

/** The checks of {@linkcode DevIssuerOptions}. */
export const SHAPE: OptionShape<DevIssuerOptions> = {
  members: {
    port: mustBe(
      (value) =>
        Number.isInteger(value) && Number(value) > 0 && Number(value) < 65536,
      "use a whole number from 1 to 65535",
    ),
    resource: aString,
    scopes: strings,
    scopeDescriptions: eachOf(aString),
    autoApprove: aBoolean,
    path: mustBe(
      (value) => typeof value === "string" && /^(?:\/[\w.~-]+)*$/.test(value),
      "write a path such as /tenant1, or leave it out",
    ),
    application: optionsOf<Application>({
      members: {
        client_id: aString,
        client_secret: aString,
        callback: aString,
      },
    }),
    dpop: oneOf(true),
    fetch: orNull(aFunction),
  },
  example: "{ port: 7788 }",
};
