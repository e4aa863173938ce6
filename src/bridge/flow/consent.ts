/**
 * The consent form's answer. Approved, the browser goes on to the provider; denied, back to the client.
 *
 * @module
 */

import type { Context } from "hono";
import { AuthorizationServerError } from "../../errors.ts";
import { sendErrorPage } from "../consent/error_pages.ts";
import { readForm } from "../form.ts";
import type { BridgeEnv, Parts } from "../parts.ts";
import { derived, isEqual } from "../sealing/hash.ts";
import { redirect, respond } from "./authorization_response.ts";

/** Answers `POST /consent`. */
export function consentEndpoint(
  parts: Parts,
): (c: Context<BridgeEnv>) => Promise<Response> {
  const { issuer, transactions, connection } = parts;
  const { origin } = new URL(issuer);

  return async (c) => {
    if (!isOwnForm(c.req.raw.headers, origin)) {
      return await sendErrorPage(c, "forged_form");
    }
    const form = await readForm(c.req.raw);
    const transaction = await transactions.find(c, form?.get("state") ?? "");
    if (form === undefined || transaction === undefined) {
      return await sendErrorPage(c, "forged_form");
    }
    const { state, seed, redirect_uri, client_state } = transaction;
    const { verifier, nonce, form: expected } = await derived(seed);
    if (
      !isEqual(form.get("form") ?? "", expected) ||
      transaction.upstream !== await parts.upstream()
    ) return await sendErrorPage(c, "forged_form");
    const decision = form.get("decision");
    if (decision === "deny") {
      await transactions.end(c, state);
      return respond(c, issuer, redirect_uri, client_state, {
        error: "access_denied",
        error_description: "The user denied access",
      });
    }
    if (decision !== "approve") return await sendErrorPage(c, "bad_request");
    try {
      const url = await connection.authorizationUrl(
        { state, verifier, nonce },
        c.env.context,
      );
      const began = parts.now();
      await transactions.save(c, { ...transaction, consented: true, began });
      return redirect(c, url);
    } catch (error) {
      if (!(error instanceof AuthorizationServerError)) throw error;
      parts.report(error);
      return await sendErrorPage(c, "provider_unreachable");
    }
  };
}

/**
 * Whether a form was sent by a page of this origin. Browsers say so in one of two headers, and scripts cannot change
 * either. `Origin: null` says nothing: sandboxed pages of any origin send it.
 */
function isOwnForm(headers: Headers, origin: string): boolean {
  const from = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  if (site !== null) {
    return site === "same-origin" && [null, "null", origin].includes(from);
  }
  return from === origin;
}
