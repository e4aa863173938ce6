/**
 * The way of a request, from the preflight to the handler.
 *
 * @module
 */

import {
  type AccessTokenJudge,
  accessTokenJudge,
  expiryOf,
} from "./access_token.ts";
import type { AuthorizationServerOptions } from "./authorization_server.ts";
import { type Cors, cors, type CorsOptions } from "./cors.ts";
import { checkToken, hasCredentials, readCredentials } from "./credentials.ts";
import { accepted, type Decision, refused } from "./decisions.ts";
import type { DocumentOptions } from "./documents.ts";
import {
  checkIdentifier,
  isLoopback,
  isLoopbackIdentifier,
  pathOf,
} from "./identifiers.ts";
import { type JwtVerifier, jwtVerifierWith } from "./jwt_verifier.ts";
import { type ListRules, listRules } from "./lists.ts";
import {
  checkMetadata,
  type ProtectedResourceMetadata,
  protectedResourceMetadataUrl,
} from "./metadata.ts";
import { readOperations } from "./operations.ts";
import { handleOrigin, type Resource } from "./origin.ts";
import { placeOf } from "./paths.ts";
import { type Platform, resolvePlatform } from "./platform.ts";
import { isOurs, refuse } from "./refusals.ts";
import { amendHeaders } from "./responses.ts";
import { type ScopePolicy, type ScopeRules, scopeRules } from "./scopes.ts";
import { type Sessions, sessionTable } from "./sessions.ts";
import { endAt } from "./streams.ts";
import type {
  AccessTokenClaims,
  AccessTokenVerifier,
  Handler,
  IssuerRules,
  ProtectedHandler,
  RequestPlatform,
} from "./types.ts";

/** What {@linkcode protectResource} needs to know. Only `metadata` has no default. */
export interface ProtectedResourceOptions {
  /** The resource's metadata, which is its configuration too: `resource` is the audience of its tokens, `authorization_servers` are the trusted issuers. */
  readonly metadata: ProtectedResourceMetadata;
  /** What differs for one of the issuers. Default: nothing. */
  readonly issuers?: Readonly<Record<string, IssuerRules>>;
  /** Default: {@linkcode jwtVerifier} over the issuers. */
  readonly verifyAccessToken?: AccessTokenVerifier;
  /** Default: any accepted token will do. */
  readonly scopes?: ScopePolicy;
  /** Answers requests that carry no credentials at all. Bad ones are refused all the same. Default: none, credentials are required. */
  readonly anonymous?: Handler;
  /** How far clocks may differ, 0 to 300. Default: 30. */
  readonly clockToleranceSeconds?: number;
  /** How much memory verified tokens may take; `null`: each use of a token costs a signature check. Default: 8 MiB. */
  readonly tokenCacheBytes?: number | null;
  /** How large a body may be, where the scope policy has to read it. Default: 4 MiB. */
  readonly maxBodyBytes?: number;
  /** Where the resource is mounted, where a proxy strips a prefix. Default: the path of `resource`. */
  readonly path?: string;
  /** Default: any origin; on a loopback resource, loopback origins and hosts alone. */
  readonly cors?: CorsOptions;
  /** Whose metadata is mirrored. Default: the first issuer's, unless it is at the resource's own origin; `null`: nobody's. */
  readonly mirror?: AuthorizationServerOptions | null;
  /** Answers what is not the resource's. Default: 404. */
  readonly otherwise?: Handler;
  /** Told of every verdict on a request to the resource. Never sees a token. What it throws is thrown on. Default: nobody is told. */
  readonly onDecision?: (decision: Decision) => void;
  /** The clock and the network. Default: the runtime's own. */
  readonly platform?: Platform;
}

const DEFAULT_CLOCK_TOLERANCE_SECONDS = 30;
const DEFAULT_MAX_BODY_BYTES = 4_194_304;

/**
 * Gives a handler its OAuth side: discovery, CORS, challenges, verification and scopes. What reaches the handler
 * was accepted.
 *
 * @example An MCP server
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 *
 * export default {
 *   fetch: protectResource(
 *     (_request, { authInfo }) => new Response(`Hello, ${authInfo.extra?.sub}`),
 *     {
 *       metadata: {
 *         resource: "https://notes.example.com/mcp",
 *         authorization_servers: ["https://auth.example.com"],
 *       },
 *     },
 *   ),
 * };
 * ```
 *
 * @throws {TypeError} If an option cannot be used. The message says what to change.
 */
export function protectResource(
  handler: ProtectedHandler,
  options: ProtectedResourceOptions,
): Handler {
  return handleOrigin([resourceOf(handler, options)], options.otherwise);
}

/** A handler with its OAuth side, as one of an origin's resources. */
export function resourceOf(
  handler: ProtectedHandler,
  options: ProtectedResourceOptions,
): Resource {
  const { anonymous, onDecision } = options;
  const stages = prepare(options);
  const { documents, path, browsers, verifyAccessToken, tokens, scopes } =
    stages;
  const { sessions, lists } = stages;
  const challenge = {
    resourceMetadata: protectedResourceMetadataUrl(options.metadata.resource),
    scope: scopes.initial,
  };

  async function decide(
    request: Request,
    platform?: RequestPlatform,
  ): Promise<Response> {
    try {
      browsers.check(request);
      if (request.method === "OPTIONS") return browsers.preflight(request);
      if (anonymous !== undefined && !hasCredentials(request)) {
        sessions.check(request);
        onDecision?.({ outcome: "anonymous" });
        const response = await anonymous(request, platform);
        return amendHeaders(response, (headers) => {
          keepPrivate(headers);
          browsers.expose(request, headers);
        });
      }
      const token = readCredentials(request);
      const claims = await verifyAccessToken(token, platform);
      const authInfo = tokens.accept(token, claims);
      sessions.check(request, authInfo);
      const asked = scopes.hasOperations
        ? await readOperations(
          request,
          stages.maxBodyBytes,
          (told) => scopes.check(authInfo, told),
        )
        : { request, parsedBody: undefined, operations: [], params: undefined };
      scopes.check(authInfo, asked.operations, asked.params);
      onDecision?.(accepted(authInfo, asked.operations));
      const context = scopes.hasOperations
        ? { authInfo, parsedBody: asked.parsedBody }
        : { authInfo };
      let response = await handler(asked.request, context, platform);
      sessions.learn(request, response, authInfo);
      if (lists.areSome) {
        response = await lists.show(response, context, authInfo.scopes);
      }
      return amendHeaders(stages.end(response, claims, platform), (headers) => {
        keepPrivate(headers);
        browsers.expose(request, headers);
      });
    } catch (error) {
      if (!isOurs(error)) throw error;
      const response = refuse(error, challenge);
      browsers.expose(request, response.headers);
      onDecision?.(refused(error, response.status));
      return response;
    }
  }

  return { documents, path, place: placeOf(path), answer: decide };
}

/** The stages of the line, each made of the options once. */
interface Stages {
  readonly documents: DocumentOptions;
  readonly path: string;
  readonly browsers: Cors;
  readonly verifyAccessToken: JwtVerifier;
  readonly tokens: AccessTokenJudge;
  readonly scopes: ScopeRules;
  readonly maxBodyBytes: number;
  readonly sessions: Sessions;
  readonly lists: ListRules;
  /** Ends a stream with the token. */
  readonly end: (
    response: Response,
    claims: AccessTokenClaims,
    platform: RequestPlatform | undefined,
  ) => Response;
}

/** Checks the options, and does the work that depends on them alone. */
function prepare(options: ProtectedResourceOptions): Stages {
  const { metadata, issuers = {}, mirror, verifyAccessToken: verify } = options;
  checkMetadata(metadata);
  const { resource, authorization_servers } = metadata;
  const platform = resolvePlatform(options.platform);
  const path = options.path ?? pathOf(resource);
  if (!/^(?:$|\/[^?#]*$)/.test(path)) {
    throw new TypeError(`Cannot use path ${path}: begin it with a slash`);
  }
  const maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
  if (!(maxBodyBytes > 0)) {
    throw new TypeError(
      `Cannot use maxBodyBytes ${maxBodyBytes}: use a positive number`,
    );
  }
  if (mirror) checkIdentifier(mirror.issuer, "mirror.issuer");
  const clock = {
    clockToleranceSeconds: options.clockToleranceSeconds ??
      DEFAULT_CLOCK_TOLERANCE_SECONDS,
    now: platform.now,
  };
  const tokens = accessTokenJudge({
    resource,
    issuers: authorization_servers,
    rules: issuers,
    ...clock,
  });
  const scopes = scopeRules(options.scopes, clock);
  return {
    tokens,
    verifyAccessToken: verify === undefined
      ? jwtVerifierWith(
        {
          authorization_servers,
          issuers,
          platform,
          ...(options.tokenCacheBytes !== undefined &&
            { tokenCacheBytes: options.tokenCacheBytes }),
        },
        tokens.check,
      )
      : (token, request) => verify(checkToken(token), request),
    scopes,
    lists: listRules(options.scopes?.lists ?? [], scopes),
    sessions: sessionTable(),
    end(response, claims, request): Response {
      const endsAt = (expiryOf(claims) + clock.clockToleranceSeconds) * 1000;
      return endAt(response, endsAt, platform.now, request);
    },
    browsers: cors({
      ...(isLoopbackIdentifier(resource) && LOOPBACK),
      ...options.cors,
    }),
    documents: {
      metadata,
      mirror: mirror === null || mirror === undefined && isCoHosted(metadata)
        ? null
        : { issuer: authorization_servers[0]!, platform, ...mirror },
      paths: [pathOf(resource), path],
    },
    path,
    maxBodyBytes,
  };
}

/** Whether the first issuer publishes its own metadata where a mirror would be. */
function isCoHosted(metadata: ProtectedResourceMetadata): boolean {
  const { resource, authorization_servers } = metadata;
  return new URL(authorization_servers[0]!).origin === new URL(resource).origin;
}

/** Only pages of this machine may speak to it, and only by a name that is its own: DNS can be made to lie. */
const LOOPBACK: CorsOptions = {
  origins: (origin) =>
    URL.canParse(origin) && isLoopback(new URL(origin).hostname),
  hosts: isLoopback,
};

/** What a caller sees is the caller's alone, unless the handler says otherwise. */
function keepPrivate(headers: Headers): void {
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
}
