/**
 * The token endpoint and the revocation endpoint, for public clients
 * ({@link https://www.rfc-editor.org/rfc/rfc6749#section-3.2 | RFC 6749 §3.2},
 * {@link https://www.rfc-editor.org/rfc/rfc7009 | RFC 7009}).
 *
 * @module
 */

import type { Context } from "hono";
import { AccessTokenError, AuthorizationServerError } from "../../errors.ts";
import type { AccessTokenVerifier } from "../../types.ts";
import { readForm } from "../form.ts";
import { OAuthError, type OAuthErrorCode } from "../oauth_error.ts";
import type { BridgeEnv, Parts } from "../parts.ts";
import { sha256 } from "../sealing/hash.ts";
import { upstreamTokenOf } from "./access_token.ts";
import { redeemCode } from "./code_grant.ts";
import type { TokenRequest } from "./grants.ts";
import { refresh } from "./refresh_grant.ts";
import { readRefreshToken } from "./refresh_token.ts";
import { revokeFamily } from "./revocations.ts";

/** Every other error is 400 (RFC 6749 §5.2). */
const STATUS: Partial<Record<OAuthErrorCode, 401 | 500>> = {
  invalid_client: 401,
  server_error: 500,
};

/** Answers `POST /token`. */
export function tokenEndpoint(
  parts: Parts,
): (c: Context<BridgeEnv>) => Promise<Response> {
  return (c) =>
    answer(c, parts, async () => {
      const request = {
        ...await readRequest(c, parts),
        jkt: await parts.proofKey(c.req.raw),
      };
      switch (request.form.get("grant_type")) {
        case "authorization_code":
          return await redeemCode(parts, request);
        case "refresh_token":
          return await refresh(parts, request);
        case null:
          throw new OAuthError("invalid_request", "grant_type is required");
        default:
          throw new OAuthError(
            "unsupported_grant_type",
            "Use authorization_code or refresh_token",
          );
      }
    });
}

/**
 * Answers `POST /revoke`. The provider is asked to revoke its token; with a store, all tokens of the same consent end
 * at once. A token of another client is left alone, with the same answer.
 */
export function revocationEndpoint(
  parts: Parts,
  verify: AccessTokenVerifier,
): (c: Context<BridgeEnv>) => Promise<Response> {
  const { connection, options } = parts;

  /** What ends with a token: the provider's token, and a family. */
  async function find(
    { client, form }: ClientRequest,
  ): Promise<{ upstream?: string | undefined; family: string } | undefined> {
    const token = form.get("token");
    if (!token) throw new OAuthError("invalid_request", "token is required");
    const known = await readRefreshToken(parts, token);
    if (known !== undefined) {
      return known.client === client &&
          known.upstream === await parts.upstream()
        ? { upstream: known.token, family: known.family }
        : undefined;
    }
    try {
      const claims = await verify(token);
      if (await sha256(`${claims.client_id}`) !== client) return undefined;
      const extra = { claims };
      const upstream = await upstreamTokenOf(parts, {
        token,
        clientId: "",
        scopes: [],
        extra,
      });
      return { upstream, family: `${claims.sid}` };
    } catch (error) {
      if (error instanceof AccessTokenError) return undefined;
      throw error;
    }
  }

  return (c) =>
    answer(c, parts, async () => {
      const request = await readRequest(c, parts);
      const found = await find(request);
      if (found === undefined) return {};
      if (options.store !== undefined) await revokeFamily(parts, found.family);
      if (found.upstream !== undefined) {
        await connection.revoke(found.upstream, request.context);
      }
      return {};
    });
}

/** A request whose client is known. */
type ClientRequest = Omit<TokenRequest, "jkt">;

async function readRequest(
  c: Context<BridgeEnv>,
  { clients }: Parts,
): Promise<ClientRequest> {
  const form = await readForm(c.req.raw);
  if (form === undefined) {
    throw new OAuthError(
      "invalid_request",
      "Send a form of at most 16 kB, with each parameter once",
    );
  }
  const client_id = form.get("client_id");
  const client = c.req.header("authorization") === undefined
    ? await clients.identify(client_id ?? "")
    : undefined;
  if (client_id === null || client === undefined) {
    throw new OAuthError(
      "invalid_client",
      "client_id is not known here: register again, as a public client",
    );
  }
  return { client_id, client, form, context: c.env.context };
}

async function answer(
  c: Context<BridgeEnv>,
  { report }: Parts,
  work: () => Promise<object>,
): Promise<Response> {
  c.header("cache-control", "no-store");
  c.header("pragma", "no-cache");
  try {
    return c.json(await work());
  } catch (error) {
    if (error instanceof AuthorizationServerError) {
      report(error);
      c.header("retry-after", `${error.retryAfterSeconds}`);
      return c.json({
        error: "temporarily_unavailable",
        error_description: "The identity provider cannot be asked right now",
      }, 503);
    }
    if (!(error instanceof OAuthError)) throw error;
    const status = STATUS[error.code] ?? 400;
    if (status === 401 && c.req.header("authorization") !== undefined) {
      // RFC 6749 §5.2 requires a challenge if the client used the header.
      c.header("www-authenticate", "Basic");
    }
    const { code, message } = error;
    return c.json({ error: code, error_description: message }, status);
  }
}
