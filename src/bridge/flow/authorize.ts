/**
 * The authorization endpoint: who asks, where the answer goes and what is asked for are settled before a person is
 * asked to consent.
 *
 * @module
 */

import type { Context } from "hono";
import { sendConsentPage } from "../consent/consent_page.ts";
import { sendErrorPage, sendRequestErrorPage } from "../consent/error_pages.ts";
import type { Transaction } from "../consent/transactions.ts";
import type { Client } from "../clients/client.ts";
import { OAuthError } from "../oauth_error.ts";
import type { BridgeEnv, Parts } from "../parts.ts";
import { derived, randomToken, sha256 } from "../sealing/hash.ts";
import { respond } from "./authorization_response.ts";
import {
  readAuthorizationRequest,
  single,
  stateOf,
  type Target,
  targetOf,
} from "./authorization_request.ts";

/** A request has no more characters. */
const MAX_QUERY_LENGTH = 16_384;

/** Answers `GET /authorize`. */
export function authorizeEndpoint(
  parts: Parts,
): (c: Context<BridgeEnv>) => Promise<Response> {
  const { issuer, options, scopes, redirects, transactions } = parts;
  const { resources, upstream, scopeDescriptions = {} } = options;

  async function ask(
    c: Context<BridgeEnv>,
    parameters: URLSearchParams,
    client: Client,
    target: Target,
  ): Promise<Response> {
    const request = readAuthorizationRequest(parameters, { resources, scopes });
    const { scope, ...others } = request;
    const seed = randomToken();
    const transaction: Transaction = {
      state: randomToken(),
      seed,
      consented: false,
      began: parts.now(),
      upstream: await parts.upstream(),
      client: await sha256(client.client_id),
      refreshes: client.refreshes,
      redirect_uri: target.redirect_uri,
      named: target.named,
      ...others,
      scope: scope.join(" "),
    };
    if (!await transactions.save(c, transaction)) {
      throw new OAuthError(
        "invalid_request",
        "The request is too large: use a shorter state or fewer scopes",
      );
    }
    return await sendConsentPage(c, {
      client,
      state: transaction.state,
      form: (await derived(seed)).form,
      resource: transaction.resource,
      scope,
      target: target.parts,
      action: `${new URL(issuer).pathname.replace(/\/$/, "")}/consent`,
      provider: upstream.name,
      scopeDescriptions,
    });
  }

  return async (c) => {
    const { search } = new URL(c.req.url);
    if (search.length > MAX_QUERY_LENGTH) {
      return await sendErrorPage(c, "bad_request");
    }
    const parameters = new URLSearchParams(search);
    const clientId = single(parameters, "client_id");
    const client = typeof clientId === "string"
      ? await parts.clients.find(clientId)
      : undefined;
    if (client === undefined) return await sendErrorPage(c, "unknown_client");
    const target = targetOf(parameters, client, redirects);
    if (target === undefined) {
      return await sendErrorPage(c, "bad_redirect_uri");
    }
    try {
      return await ask(c, parameters, client, target);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return mayRedirectUnasked(client, target)
        ? respond(c, issuer, target.redirect_uri, knownState(parameters), {
          error: error.code,
          error_description: error.message,
        })
        : await sendRequestErrorPage(c, error, target.parts);
    }
  };
}

/**
 * Whether the browser may be sent on before anybody consented. Anyone can register a client and send somebody a link;
 * this must not become a redirector to wherever they like
 * ({@link https://www.rfc-editor.org/rfc/rfc9700#section-4.11.2 | RFC 9700 §4.11.2}).
 */
function mayRedirectUnasked({ host }: Client, { parts }: Target): boolean {
  return parts.isLoopback ||
    parts.protocol === "https:" && parts.hostname === host;
}

function knownState(parameters: URLSearchParams): string | undefined {
  try {
    return stateOf(parameters);
  } catch {
    return undefined;
  }
}
