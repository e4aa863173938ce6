/**
 * The shapes that the stages hand to each other.
 *
 * @module
 */

/** What a runtime passes together with a request, such as the `ctx` of Cloudflare Workers. */
export type RequestContext = object & {
  /** Keeps the runtime alive until the work is done. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined;
};

/** The former name of {@linkcode RequestContext}. */
export type RequestPlatform = RequestContext;

/** Answers a request. `requestContext` is what the runtime passes with it, if it passes anything. */
export type Handler = (
  request: Request,
  requestContext?: RequestContext,
) => Response | Promise<Response>;

/** Answers a request whose access token was accepted. `requestContext` is what the runtime passed with the request. */
export type ProtectedHandler = (
  request: Request,
  context: AuthContext,
  requestContext?: RequestContext,
) => Response | Promise<Response>;

/** What is known of an accepted request: the options that the MCP SDK's `handleRequest` takes. */
export interface AuthContext {
  /** The verified caller. */
  readonly authInfo: AuthInfo;
  /** The request's JSON body, where the scope policy had to read it. The request can still be read too. */
  readonly parsedBody?: unknown;
}

/** The verified caller, in the shape of the MCP SDK's `AuthInfo` (v1 and v2). */
export interface AuthInfo {
  /** The access token. It was issued for this resource alone: never send it on. */
  token: string;
  /** The client it was issued to (`client_id`, `azp` or `cid`), or the empty string where the token names none. */
  clientId: string;
  /** The granted scopes, as the token lists them. */
  scopes: string[];
  /** When the token expires, in seconds since 1970; of an opaque one that says no end, when its issuer is asked again. */
  expiresAt?: number;
  /** The protected resource that the token was accepted for. */
  resource?: URL;
  /** `iss`, `sub` and all `claims`, frozen. */
  extra?: Record<string, unknown>;
}

/**
 * The claims of an authentic access token, named as in a JWT
 * ({@link https://www.rfc-editor.org/rfc/rfc9068#section-2.2 | RFC 9068 §2.2})
 * or an introspection response ({@link https://www.rfc-editor.org/rfc/rfc7662#section-2.2 | RFC 7662 §2.2}).
 */
export interface AccessTokenClaims {
  /** The issuer: one of the resource's `authorization_servers`, or its `token_issuer`. */
  readonly iss?: unknown;
  /** The user, or the client where there is no user. */
  readonly sub?: unknown;
  /** Whom the token is for: a string or a list of strings. */
  readonly aud?: unknown;
  /** When it expires, in seconds since 1970. */
  readonly exp?: unknown;
  /** From when it is valid, in seconds since 1970. */
  readonly nbf?: unknown;
  /** When it was issued, in seconds since 1970. */
  readonly iat?: unknown;
  /** The granted scopes, divided by spaces. */
  readonly scope?: unknown;
  /** The client that it was issued to. */
  readonly client_id?: unknown;
  /** The key or certificate that the token is bound to. */
  readonly cnf?: unknown;
  /** Any other claim. */
  readonly [claim: string]: unknown;
}

/**
 * Establishes that a token is authentic. Issuer, audience, times and binding are judged afterwards, on what it
 * resolves to, so a verifier cannot forget them.
 *
 * The errors of jose, and `InvalidTokenError` and `InsufficientScopeError` of the MCP SDK, count as the reasons that they
 * state; a key set that cannot be fetched counts as an {@linkcode AuthorizationServerError}. Any other error passes through.
 *
 * @throws {AccessTokenError} If the token is not authentic.
 * @throws {AuthorizationServerError} If that cannot be established now.
 */
export type AccessTokenVerifier = (
  token: string,
  requestContext?: RequestContext,
) => Promise<AccessTokenClaims>;

/** A signature algorithm that a token may use. All are asymmetric: `none` and `HS*` have no name here. */
export type SignatureAlgorithm =
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "EdDSA"
  | "Ed25519";

/** What differs for one of the trusted issuers. */
export interface IssuerRules {
  /** The `aud` that this issuer writes for the resource; any one of a list. Default: the resource itself. */
  readonly audience?: string | readonly string[] | undefined;
  /**
   * What this issuer writes as the `iss` of its access tokens, if not its identifier. It is compared as a string, and
   * nothing is fetched from it; tokens with the identifier as `iss` are rejected then. `extra.iss` and the `issuer` of a
   * decision are what the token says. Default: the identifier.
   */
  readonly token_issuer?: string | undefined;
  /** Default: `at+jwt`, `JWT` or no `typ`. `"at+jwt"` takes that alone (RFC 9068 §4). */
  readonly typ?: "at+jwt" | undefined;
  /**
   * `"accept"`: this issuer writes `at_hash` into its access tokens, as Dex does. Its ID tokens then pass for access
   * tokens, if they have the audience: whoever holds one can call. Default: a token with `at_hash` is rejected, since it
   * is an ID token.
   */
  readonly at_hash?: "accept" | undefined;
  /** Default: every {@linkcode SignatureAlgorithm}. */
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  /** Where the issuer's keys are: https, or http on a loopback host. Default: the `jwks_uri` of its metadata. */
  readonly jwks_uri?: string | undefined;
  /**
   * Where the issuer's metadata is, if not at the well-known URLs of its identifier: https, or http on a loopback host.
   * The `issuer` in it has to be the identifier all the same.
   */
  readonly metadata_url?: string | undefined;
  /**
   * Lets `jwks_uri` and `metadata_url` of this issuer be http on any host. Whoever controls the network in between can
   * then put keys of their own in place of the issuer's, and sign any token: it has to be yours, such as that of Docker
   * Compose or of a Kubernetes cluster. What the metadata names stays https. Default: https, http on loopback alone.
   */
  readonly allowHttp?: true | undefined;
  /**
   * Reads this issuer's claims as the standard ones, or throws an {@linkcode AccessTokenError} where they are not an
   * access token's. Called before the signature is checked too, so it may only refuse and rename. Default: as they are.
   */
  readonly claims?:
    | ((claims: AccessTokenClaims) => AccessTokenClaims)
    | undefined;
}

/** One MCP operation of a request's body. */
export interface Operation {
  /** The JSON-RPC method, such as `tools/call`. */
  readonly method: string;
  /** The name of the tool or prompt, the URI of the resource or the identifier of the task. Functions of the policy receive a URI as `URL` serializes it. */
  readonly name?: string;
}

/** The `params` of an operation, as the client sent them and the handler will read them. Not to be changed. */
export type OperationParams = Readonly<Record<string, unknown>>;
