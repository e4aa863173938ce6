/**
 * How this server authenticates to an authorization server: with a secret
 * ({@link https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 | RFC 6749 §2.3.1}), a signed assertion or an access
 * token of its own.
 * Not implemented: mutual TLS (RFC 8705), `client_secret_jwt`.
 *
 * @module
 */

import { clientAssertion, type ClientKey } from "./client_assertion.ts";
import {
  anything,
  aString,
  checkOptions,
  oneOf,
  type OptionShape,
} from "../runtime/option_checks.ts";
import type { ResolvedRuntime } from "../runtime/platform.ts";

/** This server's credentials at an authorization server. */
export type ClientCredentials = ClientSecret | ClientKey | ClientToken;

/** A client with a secret. */
export interface ClientSecret {
  /** The client's identifier. */
  readonly client_id: string;
  /** Its secret. */
  readonly client_secret: string;
  /** Sends both in the `Authorization` header, or in the form. Default: `client_secret_basic`. */
  readonly method?: "client_secret_basic" | "client_secret_post" | undefined;
}

/** An access token that the authorization server issued to this server, such as an API key. */
export interface ClientToken {
  /** The token, sent unchanged in the `Authorization` header. */
  readonly access_token: string;
}

/** What authenticates a form. */
export interface ClientAuthentication {
  /** Headers of the request. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Parameters of the form. Default: none. */
  readonly params?: Readonly<Record<string, string>>;
}

/**
 * Authenticates forms to one issuer. The returned function is called for each form.
 *
 * @throws {TypeError} If the credentials are of none of the kinds. The message does not repeat them.
 */
export function clientAuthentication(
  client: ClientCredentials,
  issuer: string,
  platform: ResolvedRuntime,
): () => ClientAuthentication | Promise<ClientAuthentication> {
  checkClient(client, "client");
  if (isToken(client)) {
    const token = visible(client.access_token, "access_token");
    return () => ({ headers: { authorization: `Bearer ${token}` } });
  }
  const client_id = visible(client.client_id, "client_id");
  if (isKey(client)) {
    const signed = clientAssertion(client, issuer, platform);
    return async () => ({ params: await signed() });
  }
  const client_secret = visible(client.client_secret, "client_secret");
  const { method = "client_secret_basic" } = client;
  if (method === "client_secret_post") {
    return () => ({ params: { client_id, client_secret } });
  }
  const pair = `${formEncode(client_id)}:${formEncode(client_secret)}`;
  return () => ({ headers: { authorization: `Basic ${btoa(pair)}` } });
}

const SECRET_SHAPE: OptionShape<ClientSecret> = {
  members: {
    client_id: anything,
    client_secret: anything,
    method: oneOf("client_secret_basic", "client_secret_post"),
  },
};
const KEY_SHAPE: OptionShape<ClientKey> = {
  members: { client_id: anything, private_key: anything, kid: aString },
};
const TOKEN_SHAPE: OptionShape<ClientToken> = {
  members: { access_token: anything },
};
/** For the names of all kinds. */
const ANY_SHAPE: OptionShape<ClientSecret & ClientKey & ClientToken> = {
  members: {
    ...SECRET_SHAPE.members,
    ...KEY_SHAPE.members,
    ...TOKEN_SHAPE.members,
  },
  otherNames: { id: "client_id", secret: "client_secret", key: "private_key" },
  example: '{ client_id: "notes", client_secret: "…" }',
};

/**
 * Checks credentials for members that are not of their kind.
 *
 * @throws {TypeError} If there is one. The message has no value of them.
 */
export function checkClient(client: ClientCredentials, place: string): void {
  checkOptions(client, place, ANY_SHAPE);
  const shape = isToken(client)
    ? TOKEN_SHAPE
    : isKey(client)
    ? KEY_SHAPE
    : SECRET_SHAPE;
  const given = Object.entries(client).filter(([, value]) =>
    value !== undefined
  );
  checkOptions<object>(Object.fromEntries(given), place, shape);
}

/**
 * A member that is `undefined`, such as an unset environment variable, also determines the kind, unless a member of
 * another kind is set.
 */
function isToken(client: ClientCredentials): client is ClientToken {
  return "access_token" in client &&
    (client.access_token !== undefined || !("client_id" in client));
}

function isKey(client: ClientCredentials): client is ClientKey {
  return "private_key" in client &&
    (client.private_key !== undefined || !("client_secret" in client));
}

/** An identifier, a secret or a token (RFC 6749 appendix A). Rejects a variable that is not set. */
function visible(value: unknown, name: string): string {
  if (typeof value === "string" && /^[ -~]+$/.test(value)) return value;
  throw new TypeError(
    `Cannot use ${name}: write the string that the authorization server issued`,
  );
}

/** RFC 6749 §2.3.1: both are encoded, since the first colon ends the identifier. */
function formEncode(value: string): string {
  return `${new URLSearchParams([["", value]])}`.slice(1);
}
