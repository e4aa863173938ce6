/**
 * Where the provider sends the browser back to. Its code is not redeemed here: it goes on to the client, sealed, and is
 * redeemed when the client has shown that it is the one that asked.
 *
 * @module
 */

import type { Context } from "hono";
import { AuthorizationServerError } from "../../errors.ts";
import { sendErrorPage } from "../consent/error_pages.ts";
import type { Transaction } from "../consent/transactions.ts";
import type { BridgeEnv, Parts } from "../parts.ts";
import { UpstreamFault, UpstreamRefusal } from "../providers/outcomes.ts";
import { sealCode } from "../tokens/code.ts";
import { type AuthorizationAnswer, respond } from "./authorization_response.ts";
import { single } from "./authorization_request.ts";

/** The answer of a provider has no more characters. */
const MAX_QUERY_LENGTH = 8192;

/** Answers `GET /callback`. */
export function callbackEndpoint(
  parts: Parts,
): (c: Context<BridgeEnv>) => Promise<Response> {
  const { issuer, transactions, connection } = parts;

  async function answerOf(
    c: Context<BridgeEnv>,
    parameters: URLSearchParams,
    transaction: Transaction,
  ): Promise<AuthorizationAnswer> {
    try {
      const code = await connection.readCallback(
        parameters,
        transaction.state,
        c.env.context,
      );
      return { code: await sealCode(parts, code, transaction) };
    } catch (error) {
      if (error instanceof UpstreamRefusal) {
        return {
          error: "access_denied",
          error_description: "The identity provider did not let the user in",
        };
      }
      if (!(error instanceof UpstreamFault)) throw error;
      parts.report(error);
      return {
        error: "server_error",
        error_description: "The identity provider's answer cannot be used",
      };
    }
  }

  return async (c) => {
    const { search } = new URL(c.req.url);
    if (search.length > MAX_QUERY_LENGTH) {
      return await sendErrorPage(c, "bad_request");
    }
    const parameters = new URLSearchParams(search);
    const state = single(parameters, "state");
    const transaction = await transactions.find(c, state ?? "");
    if (
      transaction === undefined || !transaction.consented ||
      transaction.upstream !== await parts.upstream()
    ) return await sendErrorPage(c, "no_transaction");
    try {
      const answer = await answerOf(c, parameters, transaction);
      await transactions.end(c, transaction.state);
      const { redirect_uri, client_state } = transaction;
      return respond(c, issuer, redirect_uri, client_state, answer);
    } catch (error) {
      if (!(error instanceof AuthorizationServerError)) throw error;
      // The cookie stays: loading the page again goes on from here.
      parts.report(error);
      return await sendErrorPage(c, "provider_unreachable");
    }
  };
}
