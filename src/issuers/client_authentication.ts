/**
 * How this server shows an authorization server who it is: by a secret
 * ({@link https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 | RFC 6749 §2.3.1}), by a signed assertion or by an
 * access token of its own.
 * Not implemented: mutual TLS (RFC 8705), and what client_assertion.ts does not.
 *
 * @module
 */

import { isObject } from "../http/body.ts";
import { clientAssertion, type ClientKey } from "./client_assertion.ts";
import type { ResolvedRuntime } from "../runtime/platform.ts";

/** What this server is known by at an authorization server. */
export type ClientCredentials = ClientSecret | ClientKey | ClientToken;

/** A client with a secret. */
export interface ClientSecret {
  /** The client's identifier. */
  readonly client_id: string;
  /** Its secret. */
  readonly client_secret: string;
  /** Where the two are sent: in the `Authorization` field, or in the form. Default: `client_secret_basic`. */
  readonly method?: "client_secret_basic" | "client_secret_post" | undefined;
}

/** An access token that the authorization server issued to this server, such as an API key. */
export interface ClientToken {
  /** The token, sent as it is in the `Authorization` field. */
  readonly access_token: string;
}

/** What a form is sent with. */
export interface ClientAuthentication {
  /** The fields of the request. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The parameters of the form. Default: none. */
  readonly params?: Readonly<Record<string, string>>;
}

/**
 * Authenticates to one issuer, each form anew.
 *
 * @throws {TypeError} If the credentials are not of one of the kinds. The message has none of them.
 */
export function clientAuthentication(
  client: ClientCredentials,
  issuer: string,
  platform: ResolvedRuntime,
): () => ClientAuthentication | Promise<ClientAuthentication> {
  if (!isObject(client as unknown)) {
    throw new TypeError(
      "Cannot use client: write its client_id and client_secret or private_key, or its access_token",
    );
  }
  if ("access_token" in client) {
    const token = visible(client.access_token, "access_token");
    return () => ({ headers: { authorization: `Bearer ${token}` } });
  }
  const client_id = visible(client.client_id, "client_id");
  if ("private_key" in client) {
    const signed = clientAssertion(client, issuer, platform);
    return async () => ({ params: await signed() });
  }
  const client_secret = visible(client.client_secret, "client_secret");
  const { method = "client_secret_basic" } = client;
  if (method === "client_secret_post") {
    return () => ({ params: { client_id, client_secret } });
  }
  if (method !== "client_secret_basic") {
    throw new TypeError(
      `Cannot use method ${method}: use client_secret_basic or client_secret_post`,
    );
  }
  const pair = `${formEncode(client_id)}:${formEncode(client_secret)}`;
  return () => ({ headers: { authorization: `Basic ${btoa(pair)}` } });
}

/** RFC 6749 appendix A: what may be in an identifier, a secret or a token. An unset variable is none of them. */
function visible(value: unknown, name: string): string {
  if (typeof value === "string" && /^[ -~]+$/.test(value)) return value;
  throw new TypeError(
    `Cannot use ${name}: write what the authorization server issued`,
  );
}

/** RFC 6749 §2.3.1: the first colon ends the identifier, and a server decodes both. */
function formEncode(value: string): string {
  return `${new URLSearchParams([["", value]])}`.slice(1);
}
