/**
 * The options of a bridge.
 *
 * @module
 */

import { SCOPE_TOKEN } from "../http/www_authenticate.ts";
import type { PrivateJsonWebKey } from "../issuers/client_assertion.ts";
import { checkIdentifier, checkIssuers } from "../runtime/identifiers.ts";
import {
  aFunction,
  anything,
  aString,
  checkOptions,
  eachOf,
  isPlainObject,
  mustBe,
  oneOf,
  type OptionShape,
  optionsOf,
  orNull,
  strings,
} from "../runtime/option_checks.ts";
import { type Runtime, RUNTIME_SHAPE } from "../runtime/platform.ts";
import type { Store } from "../runtime/store.ts";
import type { Handler } from "../types.ts";
import type { Resolve } from "./clients/addresses.ts";
import type { UpstreamProvider, UpstreamUser } from "./providers/provider.ts";

/** The options of {@linkcode oauthBridge}. */
export interface OAuthBridgeOptions {
  /** The bridge's issuer identifier: an https URL without query and final slash, or http on loopback. The endpoints are below it. */
  readonly issuer: string;
  /** The protected resources that the bridge issues access tokens for, at least one. Each token is for one of them. */
  readonly resources: readonly string[];
  /**
   * One secret or more, each of 32 random bytes or more, the same on every instance. The first one seals and signs, and
   * all of them open and verify. To rotate, put the new secret first, and remove the old one after 90 days. Removing
   * all of them signs all users out.
   */
  readonly secrets: readonly string[];
  /** The identity provider: `gitHub({ client_id, client_secret })`, `openIdConnect({ issuer, … })` or another one. */
  readonly upstream: UpstreamProvider;
  /** The scopes that clients may request, at most 50. A client that requests none gets all of them. Unknown scopes are dropped. Default: none. */
  readonly scopes_supported?: readonly string[] | undefined;
  /** How the consent page describes a scope. Default: by the scope's name. */
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined;
  /**
   * Returns which of the requested scopes the user gets, or `null` if the user may not use the server. Called at the
   * sign-in, and again at each refresh; if the provider tells nothing of the user then, with what it told before.
   * Default: every user who can sign in gets the requested scopes.
   */
  readonly authorize?:
    | ((
      user: UpstreamUser,
      asked: readonly string[],
    ) => readonly string[] | null | Promise<readonly string[] | null>)
    | undefined;
  /** Returns further claims for the access token. The standard claims cannot be replaced. Default: no further claims. */
  readonly claims?:
    | ((user: UpstreamUser) => Readonly<Record<string, unknown>>)
    | undefined;
  /** The lifetime of access tokens, 60 to 3600 seconds. A token never outlives the provider's. Default: 3600. */
  readonly accessTokenSeconds?: number | undefined;
  /** `null`: access tokens do not contain the provider's token, and {@linkcode OAuthBridge.upstreamToken} has none. Default: they contain it, sealed. */
  readonly upstreamTokens?: null | undefined;
  /** A private JWK with `alg`, asymmetric, that signs access tokens, for an issuer whose keys you manage. Default: Ed25519 keys, derived from the secrets. */
  readonly signingKey?: PrivateJsonWebKey | undefined;
  /**
   * `null`: all tokens are bearer tokens. Default: a client that sends a DPoP proof to the token endpoint gets tokens that
   * are bound to its key ({@link https://www.rfc-editor.org/rfc/rfc9449#section-5 | RFC 9449 §5}). The server that accepts
   * them needs the option `dpop`.
   */
  readonly dpop?: null | undefined;
  /** The hosts that redirect URIs may have, such as `claude.ai`. All others are then rejected, loopback (`localhost`, `127.0.0.1`) and private-use schemes included. Default: any https host, loopback, and the schemes of known editors. */
  readonly allowedRedirectHosts?: readonly string[] | undefined;
  /** Private-use schemes that redirect URIs may have, besides those of known editors. Default: none. */
  readonly redirectSchemes?: readonly string[] | undefined;
  /**
   * Which client ID metadata documents are accepted. `"loopback"`: those of this machine too, over http, if the issuer
   * is http on loopback. `null`: none. Default: https documents on the public internet.
   */
  readonly clientDocuments?: "loopback" | null | undefined;
  /** Resolves the host of a client ID metadata document to its addresses, which have to be public. Default: the runtime's resolver, if it has one. */
  readonly resolveHost?: Resolve | undefined;
  /** What instances share: it adds immediate revocation, and detects reused refresh tokens. Default: nothing is shared. */
  readonly store?: Store | undefined;
  /**
   * Called with what an operator should know: the provider or the store failed, or a token is large. Errors contain no
   * secret and no token. `null`: problems are not reported. Default: each is a line of `console.error`.
   */
  readonly onProblem?: ((problem: Error) => void) | null | undefined;
  /** Handles requests at all other paths. Default: 404. */
  readonly otherwise?: Handler | undefined;
  /** The clock and the network. Default: the runtime's. */
  readonly platform?: Runtime | undefined;
}

const SHAPE: OptionShape<OAuthBridgeOptions> = {
  members: {
    issuer: aString,
    resources: anything,
    secrets: anything,
    upstream: anything,
    scopes_supported: anything,
    scopeDescriptions: eachOf(aString),
    authorize: aFunction,
    claims: aFunction,
    accessTokenSeconds: anything,
    upstreamTokens: oneOf(null),
    dpop: oneOf(null),
    signingKey: anything,
    allowedRedirectHosts: strings,
    redirectSchemes: strings,
    clientDocuments: oneOf("loopback", null),
    resolveHost: aFunction,
    store: mustBe(
      isPlainObject,
      "give a store, such as memoryStore() of /bridge",
    ),
    onProblem: orNull(aFunction),
    otherwise: aFunction,
    platform: optionsOf(RUNTIME_SHAPE),
  },
  otherNames: { scopessupported: "scopes_supported", provider: "upstream" },
};

/** An access token and a transaction list scopes: more of them, and they would not fit. */
export const MAX_SCOPES = 50;
const MAX_ACCESS_TOKEN_SECONDS = 3600;
const MIN_ACCESS_TOKEN_SECONDS = 60;

/**
 * Checks what the parts of the bridge do not check themselves.
 *
 * @throws {TypeError} At the first option that cannot be used. The message says what to change.
 */
export function checkBridgeOptions(options: OAuthBridgeOptions): void {
  checkOptions(options, "", SHAPE);
  const { issuer, resources, upstream, scopes_supported = [] } = options;
  checkIssuers([issuer]);
  if (issuer.endsWith("/")) {
    throw new TypeError(
      `Cannot use issuer ${issuer}: remove the slash at its end`,
    );
  }
  if (!Array.isArray(resources) || resources.length === 0) {
    throw new TypeError("Cannot use resources: name at least one");
  }
  for (const resource of resources) checkIdentifier(resource, "resource");
  if (
    !Array.isArray(scopes_supported) || scopes_supported.length > MAX_SCOPES ||
    !scopes_supported.every((scope) =>
      typeof scope === "string" && SCOPE_TOKEN.test(scope) &&
      scope.length <= 128
    )
  ) {
    throw new TypeError(
      `Cannot use scopes_supported: list at most ${MAX_SCOPES} scopes of at most 128 characters`,
    );
  }
  if (scopes_supported.includes("offline_access")) {
    throw new TypeError(
      "Cannot use scopes_supported: remove offline_access; a client gets refresh tokens by its grant_types",
    );
  }
  if (typeof upstream?.client_id !== "string") {
    throw new TypeError("Cannot use upstream: give a provider of /bridge");
  }
  const { accessTokenSeconds: seconds = MAX_ACCESS_TOKEN_SECONDS } = options;
  if (
    !Number.isInteger(seconds) || seconds < MIN_ACCESS_TOKEN_SECONDS ||
    seconds > MAX_ACCESS_TOKEN_SECONDS
  ) {
    throw new TypeError(
      `Cannot use accessTokenSeconds: use ${MIN_ACCESS_TOKEN_SECONDS} to ${MAX_ACCESS_TOKEN_SECONDS}`,
    );
  }
}
