/**
 * What the endpoints of a bridge are made of, from its options once.
 *
 * @module
 */

import { AuthorizationServerError } from "../errors.ts";
import type { RequestContext } from "../types.ts";
import { printProblem } from "../runtime/print_problem.ts";
import { type ResolvedRuntime, resolvePlatform } from "../runtime/platform.ts";
import { memoryStore, type Store } from "../runtime/store.ts";
import { runtimeResolver } from "./clients/addresses.ts";
import { type Clients, clients } from "./clients/clients.ts";
import { clientDocuments } from "./clients/documents.ts";
import { runtimePinnedFetch } from "./clients/pinned_fetch.ts";
import { type RedirectRules, redirectRules } from "./clients/redirect_uris.ts";
import { type Registrations, registrations } from "./clients/registration.ts";
import { type Transactions, transactions } from "./consent/transactions.ts";
import { checkBridgeOptions, type OAuthBridgeOptions } from "./options.ts";
import { connect } from "./providers/connection.ts";
import type { Connection } from "./providers/upstream.ts";
import { sha256 } from "./sealing/hash.ts";
import { type Sealer, sealer } from "./sealing/sealer.ts";
import { readSecrets } from "./sealing/secrets.ts";
import { type SigningKeys, signingKeys } from "./sealing/signing_keys.ts";
import { type ProofKey, proofKey } from "./tokens/proof_key.ts";

/** What Hono's context holds for the endpoints. */
export interface BridgeEnv {
  Bindings: {
    /** What the runtime gave with the request. */
    readonly context: RequestContext | undefined;
  };
}

/** The parts. */
export interface Parts {
  readonly options: OAuthBridgeOptions;
  readonly issuer: string;
  readonly scopes: readonly string[];
  readonly redirects: RedirectRules;
  readonly registrations: Registrations;
  readonly clients: Clients;
  readonly transactions: Transactions;
  readonly sealer: Sealer;
  readonly keys: SigningKeys;
  readonly connection: Connection;
  /** The key of a client that sends a DPoP proof with a token request. */
  readonly proofKey: ProofKey;
  /** Identifies the application and its provider. Values that were sealed for another one are refused. */
  upstream(): Promise<string>;
  /** What instances share, or the memory of this one. */
  readonly store: Store;
  readonly platform: ResolvedRuntime;
  /** Receives what an operator should know. */
  report(problem: Error): void;
  /** The time in whole seconds since 1970. */
  now(): number;
}

/** How many redeemed codes and refresh tokens one instance remembers, where instances share no store. */
const MAX_REMEMBERED = 1000;

/**
 * Makes the parts.
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function partsOf(options: OAuthBridgeOptions): Parts {
  checkBridgeOptions(options);
  const { issuer, upstream, signingKey, clientDocuments: documents } = options;
  const platform = resolvePlatform(options.platform);
  const secrets = readSecrets(options.secrets, issuer);
  const seals = sealer(secrets);
  const redirects = redirectRules(options);
  const registered = registrations(seals, redirects, platform.now);
  const byDocument = documents === null ? undefined : clientDocuments({
    issuer,
    redirects,
    platform,
    resolve: options.resolveHost ?? runtimeResolver(),
    // A custom fetch may know the only way out, such as a proxy.
    pinned: options.platform?.fetch === undefined
      ? runtimePinnedFetch()
      : undefined,
    onLoopback: documents === "loopback",
  });
  const server = typeof upstream.server === "string"
    ? upstream.server
    : upstream.server.issuer;
  let application: string | undefined;
  return {
    options,
    issuer,
    scopes: options.scopes_supported ?? [],
    redirects,
    registrations: registered,
    clients: clients(registered, byDocument),
    transactions: transactions(seals, issuer, platform.now),
    sealer: seals,
    keys: signingKeys(secrets, signingKey),
    proofKey: options.dpop === null
      ? () => Promise.resolve(undefined)
      : proofKey(`${issuer}/token`, platform.now),
    connection: connect(upstream, `${issuer}/callback`, platform),
    async upstream(): Promise<string> {
      application ??= (await sha256(`${upstream.client_id} ${server}`))
        .slice(0, 16);
      return application;
    },
    store: options.store === undefined
      ? memoryStore({ maxEntries: MAX_REMEMBERED, now: platform.now })
      : reachable(options.store),
    platform,
    report: options.onProblem === null
      ? () => {}
      : options.onProblem ?? printProblem,
    now: () => Math.floor(platform.now() / 1000),
  };
}

/** A store whose failures are answered with 503: a revoked token must not be accepted because the store is unreachable. */
function reachable(store: Store): Store {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw new AuthorizationServerError("Cannot use the store", { cause });
    }
  };
  return {
    get: (key) => guarded(() => store.get(key)),
    set: (key, value, how) => guarded(() => store.set(key, value, how)),
    delete: (key) => guarded(() => store.delete(key)),
  };
}
