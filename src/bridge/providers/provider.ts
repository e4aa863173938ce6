/**
 * An identity provider that knows one application, registered by hand: data, and small functions where a provider
 * differs from the standards. {@linkcode connect} speaks to it.
 *
 * @module
 */

import type { AuthorizationServerMetadata } from "../../issuers/metadata.ts";
import {
  anything,
  type OptionShape,
  strings,
} from "../../runtime/option_checks.ts";
import type { UpstreamInit } from "./bounded_fetch.ts";

/** A JSON object that a provider answered. */
export type UpstreamAnswer = { readonly [member: string]: unknown };

/** Who signed in at the provider. */
export interface UpstreamUser {
  /** The provider's identifier of the user, which never passes to another person: not an e-mail address, not a login name. */
  readonly sub: string;
  /** All that the provider said of the user: the ID token's claims, or its user endpoint's answer. */
  readonly claims: UpstreamAnswer;
}

/** An application's credentials, as the provider's console shows them. */
export interface Application {
  /** The application's identifier. */
  readonly client_id: string;
  /** The application's secret. Default: none, for providers that let an application do without. */
  readonly client_secret?: string | undefined;
  /** What is asked of the provider. Default: what it takes to know the user, and to refresh. */
  readonly scope?: readonly string[] | undefined;
}

/** The members of an {@linkcode Application}. Each provider checks the credentials themselves. */
export const APPLICATION_MEMBERS: OptionShape<Application>["members"] = {
  client_id: anything,
  client_secret: anything,
  scope: strings,
};

/** The members of an {@linkcode Application} and no others. */
export const APPLICATION_SHAPE: OptionShape<Application> = {
  members: APPLICATION_MEMBERS,
  otherNames: { id: "client_id", secret: "client_secret" },
};

/** The provider in front of which a bridge stands. The functions of this folder make them. */
export interface UpstreamProvider {
  /** Shown to users: `GitHub`. */
  readonly name: string;
  /** The provider's application. */
  readonly client_id: string;
  /** Its secret. */
  readonly client_secret?: string | undefined;
  /** How the secret is sent. Default: `client_secret_basic`. */
  readonly authentication?:
    | "client_secret_basic"
    | "client_secret_post"
    | undefined;
  /** The issuer, whose metadata is discovered (OpenID Connect); or the endpoints of a provider that publishes none. */
  readonly server: string | AuthorizationServerMetadata;
  /** What is asked for, or a function of the provider's metadata. */
  readonly scope:
    | readonly string[]
    | ((metadata: AuthorizationServerMetadata) => readonly string[]);
  /** Parameters that this provider needs in an authorization request. Default: none. */
  readonly parameters?:
    | Readonly<Record<string, string>>
    | ((scope: readonly string[]) => Readonly<Record<string, string>>)
    | undefined;
  /** The parameter that carries the scopes. Default: `scope`. */
  readonly scopeParameter?: string | undefined;
  /** What divides the scopes. Default: a space. */
  readonly scopeSeparator?: string | undefined;
  /** Changes the URL to which the browser is sent. Default: unchanged. */
  readonly authorizationUrl?: ((url: URL) => URL) | undefined;
  /** Reads an answer of the token endpoint as RFC 6749 §5 has it: `error` in place of one. Default: as it is. */
  readonly tokenResponse?:
    | ((body: UpstreamAnswer) => UpstreamAnswer)
    | undefined;
  /** Where it tells who signed in. Default: the ID token. */
  readonly user?: UserEndpoint | undefined;
  /** How it revokes a token, where it has no `revocation_endpoint`. Default: it does not. */
  readonly revocation?: ((token: string) => UpstreamRequest) | undefined;
}

/** Where a provider without ID tokens tells who signed in. */
export interface UserEndpoint {
  /** Asked with the access token. */
  readonly url: string;
  /** Reads its answer. Returns `undefined` if the token was rejected, and throws if the answer says neither. */
  readonly read: (body: UpstreamAnswer) => UpstreamUser | undefined;
}

/** A request to the provider. */
export interface UpstreamRequest {
  /** Where it goes. */
  readonly url: string;
  /** What is sent. */
  readonly init: UpstreamInit;
}

/** The user of a claim that is a string or a number, as providers without ID tokens have it. */
export function userOf(body: UpstreamAnswer, claim: string): UpstreamUser {
  const value = body[claim];
  const sub = typeof value === "number" && Number.isSafeInteger(value)
    ? `${value}`
    : value;
  if (typeof sub !== "string" || !/^[!-~]{1,255}$/.test(sub)) {
    throw new TypeError(`Its answer has no ${claim}`);
  }
  return { sub, claims: body };
}
