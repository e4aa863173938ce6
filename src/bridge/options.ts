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
  strings,
} from "../runtime/option_checks.ts";
import { type Runtime, RUNTIME_SHAPE } from "../runtime/platform.ts";
import type { Store } from "../runtime/store.ts";
import type { Handler } from "../types.ts";
import type { Resolve } from "./clients/addresses.ts";
import type { UpstreamProvider, UpstreamUser } from "./providers/provider.ts";

/** The options of {@linkcode oauthBridge}. Without a default: `issuer`, `resources`, `secrets` and `upstream`. */
export interface OAuthBridgeOptions {
  /** The bridge's issuer identifier. Its endpoints are below it. */
  readonly issuer: string;
  /** The protected resources whose access tokens it issues. Each token is for one of them. */
  readonly resources: readonly string[];
  /**
   * The secrets, of 32 random bytes or more each, the same on every instance. The first seals and signs; all open and
   * verify. To rotate, put a new one first, and remove the old one after 90 days. Removing all of them logs everybody out.
   */
  readonly secrets: readonly string[];
  /** The identity provider: `gitHub({ client_id, client_secret })`, `openIdConnect({ issuer, … })` and others. */
  readonly upstream: UpstreamProvider;
  /** The scopes that clients may ask for, 50 at most; a client that names no scope asks for all of them. Unknown ones are dropped. Default: none. */
  readonly scopes_supported?: readonly string[] | undefined;
  /** What the consent page says of a scope, in words. Default: the scope itself. */
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined;
  /**
   * Which of the scopes that were asked for a user gets; `null`: the user may not use the server. Called again at each
   * refresh. Default: everyone whom the provider lets in gets what was asked for.
   */
  readonly authorize?:
    | ((
      user: UpstreamUser,
      asked: readonly string[],
    ) => readonly string[] | null | Promise<readonly string[] | null>)
    | undefined;
  /** Claims for the access token beside the standard ones, which it cannot replace. Default: none. */
  readonly claims?:
    | ((user: UpstreamUser) => Readonly<Record<string, unknown>>)
    | undefined;
  /** How long access tokens live at most, 60 to 3600. The provider's own token sets a limit too. Default: 3600. */
  readonly accessTokenSeconds?: number | undefined;
  /** Whether access tokens carry the provider's token, sealed, for {@linkcode OAuthBridge.upstreamToken}. Default: they do; `null`: they do not. */
  readonly upstreamTokens?: null | undefined;
  /** A private key of your own, with its `alg`, to sign access tokens. Default: Ed25519 keys made of the secrets. */
  readonly signingKey?: PrivateJsonWebKey | undefined;
  /** The hosts that redirect URIs may have. Default: any https host, loopback, and the schemes of editors. */
  readonly allowedRedirectHosts?: readonly string[] | undefined;
  /** Private-use schemes that redirect URIs may have beside those of known editors. Default: none. */
  readonly redirectSchemes?: readonly string[] | undefined;
  /**
   * Client ID metadata documents. Default: https documents of the public internet. `"loopback"`: those of this machine
   * too, by http, where the issuer is http on loopback itself. `null`: none.
   */
  readonly clientDocuments?: "loopback" | null | undefined;
  /** Resolves the host of a client ID metadata document. Default: the runtime's own resolver, where it has one. */
  readonly resolveHost?: Resolve | undefined;
  /** What instances share. It adds revocation at once and the detection of reused refresh tokens. Default: nothing is shared. */
  readonly store?: Store | undefined;
  /** Receives what an operator should know: the provider failed, or a token is large. Never contains a secret or a token. Default: none. */
  readonly onProblem?: ((problem: Error) => void) | undefined;
  /** Answers what is not at one of the bridge's paths. Default: 404. */
  readonly otherwise?: Handler | undefined;
  /** The clock and the network. Default: the runtime's own. */
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
    signingKey: anything,
    allowedRedirectHosts: strings,
    redirectSchemes: strings,
    clientDocuments: oneOf("loopback", null),
    resolveHost: aFunction,
    store: mustBe(
      isPlainObject,
      "give a store, such as memoryStore() of /bridge",
    ),
    onProblem: aFunction,
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
