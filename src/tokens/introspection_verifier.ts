/**
 * Opaque access tokens, verified at their issuer's introspection endpoint. Responses are cached
 * ({@link https://www.rfc-editor.org/rfc/rfc7662#section-4 | RFC 7662 §4}).
 * Not implemented: responses that are JWTs (RFC 9701).
 *
 * @module
 */

import { AccessTokenError } from "../errors.ts";
import { coalesce } from "../issuers/coalesce.ts";
import {
  introspection,
  INTROSPECTION_MEMBERS,
  type IntrospectionOptions,
} from "./introspection.ts";
import { namedIssuer } from "./jwt.ts";
import {
  checkOptions,
  mustBe,
  type OptionShape,
  optionsOf,
} from "../runtime/option_checks.ts";
import {
  resolvePlatform,
  type Runtime,
  RUNTIME_SHAPE,
  secondsSince,
} from "../runtime/platform.ts";
import { isKnownError } from "../http/error_responses.ts";
import { tokenCache } from "./token_cache.ts";
import type { AccessTokenClaims, AccessTokenVerifier } from "../types.ts";

/** Options of {@linkcode introspectionVerifier}. */
export interface IntrospectionVerifierOptions extends IntrospectionOptions {
  /**
   * How long the claims of an active token are cached, in seconds: at most 60, and never past the token's `exp`. A
   * revoked token is accepted for as long. That a token is not active is cached for at most 5 seconds. `null`: every
   * use of a token causes a request. Default: 30.
   */
  readonly cacheSeconds?: number | null | undefined;
  /** The clock, the network and the shared cache. Default: the runtime's clock and network, and no cache. */
  readonly platform?: Runtime | undefined;
}

const DEFAULT_CACHE_SECONDS = 30;
const MAX_CACHE_SECONDS = 60;

const SHAPE: OptionShape<IntrospectionVerifierOptions> = {
  members: {
    ...INTROSPECTION_MEMBERS,
    cacheSeconds: mustBe(
      (value) =>
        value === null ||
        typeof value === "number" && value > 0 && value <= MAX_CACHE_SECONDS,
      `use a number up to ${MAX_CACHE_SECONDS}, or null for no cache`,
    ),
    platform: optionsOf(RUNTIME_SHAPE),
  },
  otherNames: {
    clientid: "client.client_id",
    clientsecret: "client.client_secret",
  },
};

/** The result of an introspection: when it was known, in milliseconds since 1970, and how long it may be cached. */
interface CachedResult {
  readonly outcome: AccessTokenClaims | Error;
  readonly at: number;
  readonly seconds: number;
}

/** A new token may become active late: the instances of an authorization server do not all learn of it at once. */
const REFUSAL_SECONDS = 5;
/** How long a token whose introspection failed is not sent again. */
const FAILURE_SECONDS = 5;
/** The minimum lifetime that is assumed for a token if the response has no `exp`. */
const MIN_LIFE_SECONDS = 10;
const CACHE_BYTES = 8_388_608;
/** In a cache of their own, so that no number of bad tokens evicts a good one. */
const REFUSALS_BYTES = 1_048_576;

/**
 * A verifier that introspects each token at its issuer. Concurrent requests with the same token cause one
 * introspection, and at most 32 unknown tokens are introspected at a time. The endpoint is the one in the issuer's
 * metadata unless it is configured. A JWT that names another issuer is rejected without a request.
 *
 * @example
 * ```ts
 * import { introspectionVerifier, protectResource } from "@gatehouse/mcp-auth";
 *
 * const issuer = "https://auth.example.com";
 *
 * export default {
 *   fetch: protectResource(() => new Response("Hello"), {
 *     metadata: {
 *       resource: "https://notes.example.com/mcp",
 *       authorization_servers: [issuer],
 *     },
 *     verifyAccessToken: introspectionVerifier({
 *       issuer,
 *       client: { client_id: "notes", client_secret: "from the environment" },
 *     }),
 *   }),
 * };
 * ```
 *
 * @throws {TypeError} If an option is not valid. The message says what to change.
 * @throws {AccessTokenError} From the verifier, if the token is not active, names another issuer, or is not a bearer
 *   access token.
 * @throws {AuthorizationServerError} From the verifier, if the endpoint fails, rejects this server's credentials, or has
 *   too many open requests.
 */
export function introspectionVerifier(
  options: IntrospectionVerifierOptions,
): AccessTokenVerifier {
  checkOptions(options, "", SHAPE);
  const platform = resolvePlatform(options.platform);
  // 0: the cache records that the issuer has confirmed the token, but its claims are not used again.
  const cacheSeconds = options.cacheSeconds === null
    ? 0
    : options.cacheSeconds ?? DEFAULT_CACHE_SECONDS;
  const iss = options.token_issuer ?? options.issuer;
  const { url: endpoint, ask } = introspection(options, platform);
  const lifeSeconds = Math.max(cacheSeconds, MIN_LIFE_SECONDS);
  const known = tokenCache<CachedResult>(CACHE_BYTES);
  const refused = tokenCache<CachedResult>(REFUSALS_BYTES);
  const lookups = coalesce<CachedResult>(platform);

  const ifFresh = (
    result: CachedResult | undefined,
  ): CachedResult | undefined =>
    result !== undefined &&
      secondsSince(result.at, platform) < result.seconds
      ? result
      : undefined;

  async function inquire(token: string, url: string): Promise<CachedResult> {
    const at = platform.now();
    try {
      const { claims, length } = await ask(token, url, lifeSeconds);
      const left = (Number(claims.exp) * 1000 - at) / 1000; // NaN: not cached, and rejected by the check of claims
      const seconds = Math.min(cacheSeconds, left);
      const result = { outcome: claims, at, seconds };
      known.set(token, result, length);
      return result;
    } catch (error) {
      if (!isKnownError(error)) throw error;
      const isRefusal = error instanceof AccessTokenError;
      const seconds = isRefusal
        ? Math.min(REFUSAL_SECONDS, cacheSeconds)
        : FAILURE_SECONDS;
      const result = { outcome: error, at: platform.now(), seconds };
      refused.set(token, result);
      if (isRefusal) return result;
      throw error;
    }
  }

  return async (token, context) => {
    const good = known.get(token);
    const result = ifFresh(good) ?? ifFresh(refused.get(token));
    if (result !== undefined) return claimsOf(result);
    const named = namedIssuer(token);
    if (named !== undefined && named !== iss) {
      throw new AccessTokenError("untrusted_issuer", {
        expected: [iss],
        received: named,
      });
    }
    const url = await endpoint(context);
    const lane = good === undefined ? "unknown" : "known";
    return claimsOf(
      await lookups.get(token, lane, () => inquire(token, url), context),
    );
  };
}

function claimsOf({ outcome }: CachedResult): AccessTokenClaims {
  if (outcome instanceof Error) throw outcome;
  return outcome;
}
