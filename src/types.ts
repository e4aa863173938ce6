/**
 * The public types of handlers, callers, claims and verifiers.
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

/** An accepted request's caller and body: the options of the MCP SDK's `handleRequest`. */
export interface AuthContext {
  /** The verified caller. */
  readonly authInfo: AuthInfo;
  /** The request's parsed JSON body, if the scope policy had to read it. The request's own body can still be read. */
  readonly parsedBody?: unknown;
}

/** The verified caller, in the shape of the MCP SDK's `AuthInfo` (v1 and v2). */
export interface AuthInfo {
  /** The access token. It was issued only for this resource: never send it to another server. */
  token: string;
  /** The client that the token was issued to (`client_id`, `azp` or `cid`), or the empty string if the token names none. */
  clientId: string;
  /** The granted scopes, as the token lists them. */
  scopes: string[];
  /**
   * When the token expires, in seconds since 1970. If its issuer does not say: when the token is introspected again.
   */
  expiresAt?: number;
  /** The protected resource that the token was accepted for. */
  resource?: URL;
  /** The URL of the resource's metadata, if the option `metadataUrl` is set: for challenges of the MCP SDK v2. */
  resourceMetadataUrl?: string;
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
  /** The user, or the client if there is no user. */
  readonly sub?: unknown;
  /** The resources that the token is for: a string, or an array of strings. */
  readonly aud?: unknown;
  /** When it expires, in seconds since 1970. */
  readonly exp?: unknown;
  /** When it becomes valid, in seconds since 1970. */
  readonly nbf?: unknown;
  /** When it was issued, in seconds since 1970. */
  readonly iat?: unknown;
  /** The granted scopes, separated by spaces. */
  readonly scope?: unknown;
  /** The client that it was issued to. */
  readonly client_id?: unknown;
  /** The key or certificate that the token is bound to. */
  readonly cnf?: unknown;
  /** Any other claim. */
  readonly [claim: string]: unknown;
}

/**
 * Establishes that a token is authentic, and resolves to its claims. Issuer, audience, times and binding are checked
 * afterwards on these claims, so that a verifier cannot forget them.
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

/** A signature algorithm that a token may use. All are asymmetric: `none` and `HS*` cannot be configured. */
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

/** Rules for the tokens of one of the trusted issuers. */
export interface IssuerRules {
  /** The `aud` that this issuer writes for the resource. Of an array, any one is accepted. Default: the resource itself. */
  readonly audience?: string | readonly string[] | undefined;
  /**
   * What this issuer writes as the `iss` of its access tokens, if not its identifier. It is compared as a string, and
   * nothing is fetched from it; tokens with the identifier as `iss` are rejected then. `extra.iss` and the `issuer` of
   * a decision are the token's `iss`. Default: the identifier.
   */
  readonly token_issuer?: string | undefined;
  /** The accepted `typ` of the header. `"at+jwt"`: only that (RFC 9068 §4). Default: `at+jwt`, `JWT` or none. */
  readonly typ?: "at+jwt" | undefined;
  /**
   * `"accept"`: this issuer writes `at_hash` into its access tokens, as Dex does. Its ID tokens are then accepted as
   * access tokens if they have the audience: anyone who obtains one can call. Default: a token with `at_hash` is
   * rejected, since it is an ID token.
   */
  readonly at_hash?: "accept" | undefined;
  /** The accepted signature algorithms, at least one. Default: every {@linkcode SignatureAlgorithm}. */
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  /** Where the issuer's keys are: https, or http on a loopback host. Default: the `jwks_uri` of its metadata. */
  readonly jwks_uri?: string | undefined;
  /**
   * Where the issuer's metadata is, if not at the well-known URLs of its identifier: https, or http on a loopback host.
   * The `issuer` in it still has to be the identifier.
   */
  readonly metadata_url?: string | undefined;
  /**
   * Allows http on any host for `jwks_uri` and `metadata_url` of this issuer. An attacker who controls the network in
   * between can then replace the issuer's keys, and sign any token: use it only in a network that you control, such as
   * that of Docker Compose or of a Kubernetes cluster. URLs in the metadata must still be https. Default: http only on
   * loopback hosts.
   */
  readonly allowHttp?: true | undefined;
  /**
   * Maps this issuer's claims to the standard ones, or throws an {@linkcode AccessTokenError} if they are not those of an
   * access token. It is called before the signature is verified, so it may only rename and reject: `cnf`, `exp` and `nbf`
   * stay even if it leaves them out. If the option `verifyAccessToken` is set, it is called only for introspection responses
   * (`active: true`) that the `claims` option of `introspectionVerifier` has not mapped. Default: unchanged.
   */
  readonly claims?:
    | ((claims: AccessTokenClaims) => AccessTokenClaims)
    | undefined;
}

/** An MCP operation in a request's body. */
export interface Operation {
  /** The JSON-RPC method, such as `tools/call`. */
  readonly method: string;
  /** The name of the tool or prompt, the URI of the resource or the identifier of the task. Functions of the policy receive a URI as `URL` serializes it. */
  readonly name?: string;
}

/** The `params` of an operation, as the client sent them and the handler will read them. Do not modify them. */
export type OperationParams = Readonly<Record<string, unknown>>;
