/**
 * Access tokens that are signed JWTs ({@link https://www.rfc-editor.org/rfc/rfc9068 | RFC 9068}), verified by jose.
 * As {@link https://www.rfc-editor.org/rfc/rfc8725 | RFC 8725} demands, the algorithms come from the configuration and
 * the keys only from the issuer, and other kinds of JWT are rejected. Not implemented: encrypted tokens (JWE).
 *
 * @module
 */

import { isOtherToken } from "./claims.ts";
import { checkConfiguredUrls } from "../issuers/endpoints.ts";
import { checkIssuerRules } from "./issuer_rules.ts";
import { AccessTokenError } from "../errors.ts";
import { checkIssuers } from "../runtime/identifiers.ts";
import {
  algorithmName,
  SIGNATURE_ALGORITHMS,
} from "../issuers/signing_keys.ts";
import {
  checkForm,
  decodeJws,
  deepFreeze,
  isSignedBy,
  type JwsHeader,
} from "./jwt.ts";
import { mappedClaims } from "./mapped_claims.ts";
import { type Keys, type KeySet, keySet } from "../issuers/key_sets.ts";
import {
  type Check,
  checkOptions,
  mustBe,
  type OptionShape,
  optionsOf,
} from "../runtime/option_checks.ts";
import {
  resolvePlatform,
  type Runtime,
  RUNTIME_SHAPE,
} from "../runtime/platform.ts";
import { printableList } from "../runtime/printable.ts";
import { issuersByToken } from "./token_issuers.ts";
import { type TokenCache, tokenCache } from "./token_cache.ts";
import type {
  AccessTokenClaims,
  AccessTokenVerifier,
  IssuerRules,
  RequestContext,
} from "../types.ts";

/** Options of {@linkcode jwtVerifier}. */
export interface JwtVerifierOptions {
  /** The trusted issuers. */
  readonly authorization_servers: readonly string[];
  /** Rules by issuer. An issuer needs none. Default: no rules. */
  readonly issuers?: Readonly<Record<string, IssuerRules>> | undefined;
  /** The size of the cache of verified tokens, in bytes. `null`: no cache, every use costs a signature check. Default: 8 MiB. */
  readonly tokenCacheBytes?: number | null | undefined;
  /** The clock, the network and the shared cache. Default: the runtime's clock and network, and no cache. */
  readonly platform?: Runtime | undefined;
}

/** Checks the size limit of a cache; `null` turns the cache off. */
export const checkCacheBytes: Check = mustBe(
  (value) => value === null || typeof value === "number" && value > 0,
  "use a positive number, or null for no cache",
);

const JWT_VERIFIER_SHAPE: OptionShape<JwtVerifierOptions> = {
  members: {
    authorization_servers: checkIssuers as Check,
    issuers: checkIssuerRules,
    tokenCacheBytes: checkCacheBytes,
    platform: optionsOf(RUNTIME_SHAPE),
  },
};

/** A cached token. At its first use after the issuer's keys were read again, it is verified again. */
interface VerifiedToken {
  readonly claims: AccessTokenClaims;
  readonly issuer: TrustedIssuer;
  readonly keys: Keys;
}

const DEFAULT_TOKEN_CACHE_BYTES = 8_388_608;

interface TrustedIssuer {
  /** The accepted algorithms, as {@linkcode algorithmName} normalizes them. */
  readonly algorithms: ReadonlySet<unknown>;
  readonly strict: boolean;
  readonly takesAtHash: boolean;
  readonly mapClaims: IssuerRules["claims"];
  readonly keys: KeySet;
}

/**
 * Creates a verifier of signed JWTs. It fetches an issuer's keys when the first token of that issuer arrives: from the
 * configured `jwks_uri`, or else from the one in the issuer's metadata.
 *
 * @throws {TypeError} If an option is not valid. The message says what to change.
 * @throws {AccessTokenError} From the verifier, if the token is not an authentic access token of a trusted issuer.
 * @throws {AuthorizationServerError} From the verifier, if the issuer's keys cannot be fetched.
 */
export function jwtVerifier(options: JwtVerifierOptions): AccessTokenVerifier {
  checkOptions(options, "", JWT_VERIFIER_SHAPE);
  checkIssuers(options.authorization_servers);
  const verify = jwtVerifierWith(options, () => {});
  // Not awaited: for a first-seen token an await would cost about as much as decoding it.
  return (token, context) => {
    try {
      return Promise.resolve(verify(token, context));
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

/** An {@linkcode AccessTokenVerifier} that returns the claims of a cached token without a promise. */
export type JwtVerifier = (
  ...args: Parameters<AccessTokenVerifier>
) => AccessTokenClaims | Promise<AccessTokenClaims>;

/**
 * A {@linkcode jwtVerifier} that calls `judge` with the claims before it checks the signature, so that a token for
 * another resource does not cost a signature check.
 */
export function jwtVerifierWith(
  options: JwtVerifierOptions,
  judge: (claims: AccessTokenClaims) => void,
): JwtVerifier {
  const issuers = trustedIssuers(options);
  const cache = cacheOf(options.tokenCacheBytes);

  return (token, context) => {
    const known = cache?.get(token);
    if (known !== undefined && known.issuer.keys.peek(context) === known.keys) {
      return known.claims;
    }
    const { header, payload } = decodeJws(token);
    const issuer = typeof payload.iss === "string"
      ? issuers.get(payload.iss)
      : undefined;
    if (issuer === undefined) {
      throw payload.iss === undefined
        ? new AccessTokenError("missing_claim", { expected: ["iss"] })
        : new AccessTokenError("untrusted_issuer", {
          expected: [...issuers.keys()],
          received: payload.iss,
        });
    }
    checkType(header, payload, issuer);
    if (!issuer.algorithms.has(algorithmName(header.alg))) {
      throw new AccessTokenError("unsupported_algorithm", {
        expected: [...issuer.algorithms].map(String),
        received: header.alg,
      });
    }
    const { mapClaims } = issuer;
    const claims = mapClaims ? mappedClaims(mapClaims, payload) : payload;
    judge(claims);
    checkForm(token);
    return checkSignature(token, header, issuer, context).then((keys) => {
      deepFreeze(claims);
      cache?.set(token, { claims, issuer, keys });
      return claims;
    });
  };
}

function cacheOf(
  maxBytes: number | null = DEFAULT_TOKEN_CACHE_BYTES,
): TokenCache<VerifiedToken> | undefined {
  return maxBytes === null ? undefined : tokenCache(maxBytes);
}

/** The issuers by the `iss` of their tokens. */
function trustedIssuers(
  options: JwtVerifierOptions,
): Map<string, TrustedIssuer> {
  const { authorization_servers, issuers } = options;
  const platform = resolvePlatform(options.platform);
  const byToken = issuersByToken(authorization_servers, issuers);
  return new Map([...byToken].map(([name, issuer]) => {
    const {
      algorithms = SIGNATURE_ALGORITHMS,
      typ,
      at_hash,
      jwks_uri,
      metadata_url,
      allowHttp,
      claims: mapClaims,
    } = issuers?.[issuer] ?? {};
    checkConfiguredUrls({ jwks_uri, metadata_url }, allowHttp);
    const keys = keySet({ issuer, jwks_uri, metadata_url }, platform);
    return [name, {
      algorithms: new Set(algorithms.map(algorithmName)),
      strict: typ === "at+jwt",
      takesAtHash: at_hash === "accept",
      mapClaims,
      keys,
    }];
  }));
}

/** Rejects other JWTs that the issuer signs, such as ID tokens. */
function checkType(
  header: JwsHeader,
  claims: AccessTokenClaims,
  { strict, takesAtHash }: Pick<TrustedIssuer, "strict" | "takesAtHash">,
): void {
  const typ: unknown = typeof header.typ === "string"
    ? header.typ.toLowerCase().replace(/^application\//, "")
    : header.typ;
  if (typ !== "at+jwt" && (strict || typ !== undefined && typ !== "jwt")) {
    throw new AccessTokenError("wrong_type", {
      expected: strict ? ["at+jwt"] : ["at+jwt", "JWT", "no typ"],
      received: header.typ,
    });
  }
  const { token_use = "access" } = claims;
  const foreign =
    FOREIGN_CLAIMS.find((name) =>
      claims[name] !== undefined && !(takesAtHash && name === "at_hash")
    ) ??
      (token_use === "access" ? undefined : "token_use") ??
      (isOtherToken(claims) ? "typ" : undefined);
  if (foreign !== undefined) {
    const [value] = printableList(claims[foreign]);
    throw new AccessTokenError("wrong_type", {
      expected: ["an access token"],
      received: FOREIGN_CLAIMS.includes(foreign)
        ? foreign
        : `${foreign} ${value}`,
    });
  }
}

/** Claims that only ID tokens and logout tokens have. */
const FOREIGN_CLAIMS: readonly string[] = ["at_hash", "c_hash", "events"];

/**
 * Verifies the signature of a token. Returns the issuer's keys, one of which signed it.
 *
 * @throws {AccessTokenError} If none of the issuer's keys signed the token.
 * @throws {AuthorizationServerError} If the issuer's keys cannot be fetched.
 */
export async function checkSignature(
  token: string,
  header: JwsHeader,
  issuer: Pick<TrustedIssuer, "keys">,
  context: RequestContext | undefined,
): Promise<Keys> {
  const { keys, candidates } = await issuer.keys.find(header, context);
  for (const key of candidates) {
    if (await isSignedBy(token, header.alg, key)) return keys;
  }
  throw new AccessTokenError("bad_signature");
}
