/**
 * Access tokens that say nothing to this server, opaque ones, verified by asking their issuer
 * ({@link https://www.rfc-editor.org/rfc/rfc7662#section-4 | RFC 7662 §4}), and its answers remembered for a while.
 * Not implemented: what introspection.ts does not.
 *
 * @module
 */

import { AccessTokenError } from "../errors.ts";
import { coalesce } from "../issuers/coalesce.ts";
import { introspection, type IntrospectionOptions } from "./introspection.ts";
import { namedIssuer } from "./jwt.ts";
import {
  resolvePlatform,
  type Runtime,
  secondsSince,
} from "../runtime/platform.ts";
import { isKnownError } from "../http/error_responses.ts";
import { tokenCache } from "./token_cache.ts";
import type { AccessTokenClaims, AccessTokenVerifier } from "../types.ts";

/** Whose tokens an {@linkcode introspectionVerifier} takes, and how it asks about them. */
export interface IntrospectionVerifierOptions extends IntrospectionOptions {
  /**
   * For how long an answer is used again, at most 60 seconds and never past the token's `exp`: a token that is revoked
   * is accepted for as long. That one is not active is remembered for 5 seconds at most. `null`: every use of a token
   * is asked about. Default: 30.
   */
  readonly cacheSeconds?: number | null | undefined;
  /** Default: the runtime's own. */
  readonly platform?: Runtime | undefined;
}

/** What was learnt of a token, when, in milliseconds since 1970, and for how many seconds it holds. */
interface Verdict {
  readonly outcome: AccessTokenClaims | Error;
  readonly at: number;
  readonly seconds: number;
}

const DEFAULT_CACHE_SECONDS = 30;
const MAX_CACHE_SECONDS = 60;
/** A token may become active yet: the parts of a server learn of a new one in turn. */
const REFUSAL_SECONDS = 5;
/** For how long a token whose inquiry failed is not asked about again. */
const FAILURE_SECONDS = 5;
/** The least that a token is given to live where its issuer does not say. */
const MIN_LIFE_SECONDS = 10;
const CACHE_BYTES = 8_388_608;
/** Apart, so that bad tokens, however many, drive out no good one. */
const REFUSALS_BYTES = 1_048_576;

/**
 * A verifier that asks the issuer about each token: once however many requests bring it, and about 32 at a time that
 * it has not vouched for. Its endpoint is found by its metadata when the first token comes. A JWT that names another
 * issuer is refused, and not sent.
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
 * @throws {TypeError} If an option cannot be used.
 * @throws {AccessTokenError} When it verifies, if the token is not active, of another issuer, or no bearer's access
 *   token.
 * @throws {AuthorizationServerError} When it verifies, if the issuer does not answer, refuses this client, or is asked
 *   about too many tokens already.
 */
export function introspectionVerifier(
  options: IntrospectionVerifierOptions,
): AccessTokenVerifier {
  const platform = resolvePlatform(options.platform);
  const cacheSeconds = cacheSecondsOf(options);
  const { issuer } = options;
  const { url: endpoint, ask } = introspection(options, platform);
  const lifeSeconds = Math.max(cacheSeconds, MIN_LIFE_SECONDS);
  const known = tokenCache<Verdict>(CACHE_BYTES);
  const refused = tokenCache<Verdict>(REFUSALS_BYTES);
  const asked = coalesce<Verdict>(platform);

  const ifFresh = (verdict: Verdict | undefined): Verdict | undefined =>
    verdict !== undefined &&
      secondsSince(verdict.at, platform) < verdict.seconds
      ? verdict
      : undefined;

  async function inquire(token: string, url: string): Promise<Verdict> {
    const at = platform.now();
    try {
      const { claims, length } = await ask(token, url, lifeSeconds);
      const left = (Number(claims.exp) * 1000 - at) / 1000; // NaN: refused by whoever judges it, each time anew
      const seconds = Math.min(cacheSeconds, left);
      const verdict = { outcome: claims, at, seconds };
      known.set(token, verdict, length);
      return verdict;
    } catch (error) {
      if (!isKnownError(error)) throw error;
      const isRefusal = error instanceof AccessTokenError;
      const seconds = isRefusal
        ? Math.min(REFUSAL_SECONDS, cacheSeconds)
        : FAILURE_SECONDS;
      const verdict = { outcome: error, at: platform.now(), seconds };
      refused.set(token, verdict);
      if (isRefusal) return verdict;
      throw error;
    }
  }

  return async (token, context) => {
    const good = known.get(token);
    const verdict = ifFresh(good) ?? ifFresh(refused.get(token));
    if (verdict !== undefined) return claimsOf(verdict);
    const named = namedIssuer(token);
    if (named !== undefined && named !== issuer) {
      throw new AccessTokenError("untrusted_issuer", {
        expected: [issuer],
        received: named,
      });
    }
    const url = await endpoint(context);
    const lane = good === undefined ? "unknown" : "known";
    return claimsOf(
      await asked.get(token, lane, () => inquire(token, url), context),
    );
  };
}

function claimsOf({ outcome }: Verdict): AccessTokenClaims {
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

/** None at all is 0 seconds: the token is known then, and its claims are not used again. */
function cacheSecondsOf(
  { cacheSeconds = DEFAULT_CACHE_SECONDS }: IntrospectionVerifierOptions,
): number {
  if (cacheSeconds === null) return 0;
  if (
    typeof cacheSeconds === "number" && cacheSeconds > 0 &&
    cacheSeconds <= MAX_CACHE_SECONDS
  ) return cacheSeconds;
  throw new TypeError(
    `Cannot use cacheSeconds ${cacheSeconds}: use a number up to ${MAX_CACHE_SECONDS}, or null for no cache`,
  );
}
