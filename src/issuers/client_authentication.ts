/**
 * How this server authenticates to an authorization server: with a secret
 * ({@link https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 | RFC 6749 §2.3.1}), a signed assertion or an access
 * token of its own.
 * Not implemented: mutual TLS (RFC 8705), `client_secret_jwt`.
 *
 * @module
 */

import { isObject } from "../http/body.ts";
import { clientAssertion, type ClientKey } from "./client_assertion.ts";
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

/** An identifier, a secret or a token (RFC 6749 appendix A). Rejects a variable that is not set. */
function visible(value: unknown, name: string): string {
  if (typeof value === "string" && /^[ -~]+$/.test(value)) return value;
  throw new TypeError(
    `Cannot use ${name}: write what the authorization server issued`,
  );
}

/** RFC 6749 §2.3.1: both are encoded, since the first colon ends the identifier. */
function formEncode(value: string): string {
  return `${new URLSearchParams([["", value]])}`.slice(1);
}
