/**
 * What a client's authorization request asks for
 * ({@link https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1 | RFC 6749 §4.1.1},
 * {@link https://www.rfc-editor.org/rfc/rfc7636#section-4.3 | RFC 7636 §4.3},
 * {@link https://www.rfc-editor.org/rfc/rfc8707#section-2.1 | RFC 8707 §2.1}). Not implemented: request objects
 * (RFC 9101), pushed requests (RFC 9126), and response modes other than `query`.
 *
 * @module
 */

import { canonicalIdentifier } from "../../runtime/identifiers.ts";
import type { Client } from "../clients/client.ts";
import type { RedirectUri } from "../clients/redirect_uri.ts";
import type { RedirectRules } from "../clients/redirect_uris.ts";
import { OAuthError } from "../oauth_error.ts";

/** A client's `state` has no more bytes. */
export const MAX_STATE_BYTES = 1024;

/** What a request asks for, once it is known whom to answer. */
export interface AuthorizationRequest {
  readonly client_state: string | undefined;
  readonly code_challenge: string;
  /** The thumbprint of the key that will redeem the code (RFC 9449 §10). */
  readonly dpop_jkt: string | undefined;
  /** As it is configured. */
  readonly resource: string;
  readonly scope: readonly string[];
}

/** Where the answer to a request goes. */
export interface Target {
  readonly redirect_uri: string;
  readonly parts: RedirectUri;
  /** Whether the request named it. */
  readonly named: boolean;
}

/** What a bridge issues tokens for. */
export interface Offer {
  readonly resources: readonly string[];
  readonly scopes: readonly string[];
}

/** The one value of a parameter. `undefined`: it is not there. `null`: it is there more than once. */
export function single(
  parameters: URLSearchParams,
  name: string,
): string | undefined | null {
  const values = parameters.getAll(name);
  return values.length > 1 ? null : values[0];
}

/**
 * Where the answer goes: the redirect URI of the request if it is registered, or the only one that is registered where
 * the request names none. `undefined`: nowhere.
 */
export function targetOf(
  parameters: URLSearchParams,
  client: Client,
  redirects: RedirectRules,
): Target | undefined {
  const asked = single(parameters, "redirect_uri");
  const [only, ...others] = client.redirect_uris;
  const redirect_uri = asked === undefined && others.length === 0
    ? only
    : asked;
  if (typeof redirect_uri !== "string") return undefined;
  const parts = redirects.read(redirect_uri);
  return parts !== undefined &&
      redirects.matches(redirect_uri, client.redirect_uris)
    ? { redirect_uri, parts, named: asked !== undefined }
    : undefined;
}

/**
 * The client's `state`, for answers of any kind.
 *
 * @throws {OAuthError} If it is there twice, or longer than {@linkcode MAX_STATE_BYTES}.
 */
export function stateOf(parameters: URLSearchParams): string | undefined {
  const state = single(parameters, "state");
  if (
    state === null ||
    new TextEncoder().encode(state ?? "").length > MAX_STATE_BYTES
  ) {
    throw new OAuthError(
      "invalid_request",
      `state must be given once, with at most ${MAX_STATE_BYTES} bytes`,
    );
  }
  return state;
}

/**
 * Reads a request.
 *
 * @throws {OAuthError} If the client has to change it.
 */
export function readAuthorizationRequest(
  parameters: URLSearchParams,
  { resources, scopes }: Offer,
): AuthorizationRequest {
  for (const name of new Set(parameters.keys())) {
    if (single(parameters, name) === null) {
      throw new OAuthError(
        "invalid_request",
        "A parameter is there more than once",
      );
    }
  }
  const responseType = parameters.get("response_type");
  if (responseType !== "code") {
    throw responseType === null
      ? new OAuthError("invalid_request", "response_type is missing")
      : new OAuthError("unsupported_response_type", "Use response_type=code");
  }
  if ((parameters.get("response_mode") ?? "query") !== "query") {
    throw new OAuthError("invalid_request", "Use response_mode=query");
  }
  if (parameters.has("request") || parameters.has("request_uri")) {
    throw new OAuthError(
      "request_not_supported",
      "Give the parameters themselves",
    );
  }
  if (parameters.get("prompt")?.split(" ").includes("none")) {
    throw new OAuthError(
      "consent_required",
      "Every authorization needs a person's consent",
    );
  }
  const code_challenge = parameters.get("code_challenge") ?? "";
  if (
    !/^[\w-]{43}$/.test(code_challenge) ||
    parameters.get("code_challenge_method") !== "S256"
  ) {
    throw new OAuthError(
      "invalid_request",
      "PKCE is required, with code_challenge_method=S256",
    );
  }
  const dpop_jkt = parameters.get("dpop_jkt") ?? undefined;
  if (dpop_jkt !== undefined && !/^[\w-]{43}$/.test(dpop_jkt)) {
    throw new OAuthError(
      "invalid_request",
      "dpop_jkt must be the SHA-256 thumbprint of a key",
    );
  }
  return {
    client_state: stateOf(parameters),
    code_challenge,
    dpop_jkt,
    resource: resourceOf(parameters.get("resource"), resources),
    scope: scopesOf(parameters.get("scope"), scopes),
  };
}

/**
 * Which resource is meant: one of ours, or the only one where none is named. A query is dropped: clients append one to
 * the URL that they were given.
 *
 * @throws {OAuthError} `invalid_target`, if it is another one.
 */
export function resourceOf(
  asked: string | null,
  resources: readonly string[],
): string {
  const wanted = asked === null ? undefined : asked.replace(/\?[^#]*/, "");
  const resource = wanted === undefined
    ? resources.length === 1 ? resources[0] : undefined
    : resources.find((one) =>
      canonicalIdentifier(one) === canonicalIdentifier(wanted)
    );
  if (resource === undefined) {
    throw new OAuthError(
      "invalid_target",
      "resource is not one that this server issues tokens for",
    );
  }
  return resource;
}

/** The scopes that are asked for and exist; all that exist, if none is asked for (RFC 6749 §3.3). */
export function scopesOf(
  asked: string | null,
  supported: readonly string[],
): readonly string[] {
  if (asked === null) return supported;
  const names = asked.split(" ");
  return supported.filter((scope) => names.includes(scope));
}
