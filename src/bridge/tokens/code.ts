/**
 * The authorization code: the provider's, not yet redeemed, sealed together with all that has to hold before it is
 * ({@link https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3 | RFC 6749 §4.1.3},
 * {@link https://www.rfc-editor.org/rfc/rfc7636#section-4.6 | RFC 7636 §4.6}).
 *
 * @module
 */

import * as z from "zod/mini";
import type { Transaction } from "../consent/transactions.ts";
import { resourceOf } from "../flow/authorization_request.ts";
import { OAuthError } from "../oauth_error.ts";
import type { Parts } from "../parts.ts";
import { isEqual, sha256 } from "../sealing/hash.ts";

/** A client redeems its code at once; the provider's own code often lives no longer. */
export const CODE_SECONDS = 300;

/** What a code holds. */
export interface Code {
  /** The provider's code. */
  readonly code: string;
  readonly began: number;
  readonly upstream: string;
  readonly client: string;
  readonly refreshes: boolean;
  readonly redirect_uri: string;
  readonly named: boolean;
  readonly code_challenge: string;
  readonly dpop_jkt?: string | undefined;
  readonly resource: string;
  /** Divided by spaces. */
  readonly scope: string;
  /** What the code verifier and the nonce for the provider are derived from. */
  readonly seed: string;
}

const CODE: z.ZodMiniType<Code> = z.object({
  code: z.string(),
  began: z.number(),
  upstream: z.string(),
  client: z.string(),
  refreshes: z.boolean(),
  redirect_uri: z.string(),
  named: z.boolean(),
  code_challenge: z.string(),
  dpop_jkt: z.optional(z.string()),
  resource: z.string(),
  scope: z.string(),
  seed: z.string(),
});

/** Seals the provider's code for the client of a transaction. */
export function sealCode(
  parts: Pick<Parts, "sealer" | "now">,
  code: string,
  transaction: Transaction,
): Promise<string> {
  const { state: _, consented: __, client_state: ___, ...rest } = transaction;
  const value: Code = { ...rest, code, began: parts.now() };
  return parts.sealer.seal("code", value);
}

/**
 * Opens a code and checks that this client, with these parameters, may redeem it. The provider has not been asked yet:
 * whoever brings a stolen code and a wrong verifier does not use it up.
 *
 * @throws {OAuthError} If it may not.
 */
export async function openCode(
  { sealer, options, now, upstream }: Parts,
  client: string,
  form: URLSearchParams,
): Promise<Code> {
  const verifier = form.get("code_verifier");
  const sealed = form.get("code");
  if (!sealed || !verifier) {
    throw new OAuthError(
      "invalid_request",
      "code and code_verifier are required",
    );
  }
  const code = await sealer.open("code", sealed, CODE);
  if (
    code === undefined || code.client !== client ||
    code.upstream !== await upstream()
  ) {
    throw new OAuthError("invalid_grant", "The code was not issued to you");
  }
  const redirectUri = form.get("redirect_uri");
  if (
    redirectUri === null ? code.named : redirectUri !== code.redirect_uri
  ) {
    throw new OAuthError(
      "invalid_grant",
      "redirect_uri is not the one of the authorization request",
    );
  }
  if (
    !/^[\w.~-]{43,128}$/.test(verifier) ||
    !isEqual(await sha256(verifier), code.code_challenge)
  ) {
    throw new OAuthError("invalid_grant", "code_verifier does not match");
  }
  if (now() > code.began + CODE_SECONDS) {
    throw new OAuthError("invalid_grant", "The code has expired");
  }
  checkResource(form, code.resource, options.resources);
  return code;
}

/**
 * Checks that a token request names the resource that was consented to, or none.
 *
 * @throws {OAuthError} `invalid_target`, if it names another one.
 */
export function checkResource(
  form: URLSearchParams,
  granted: string,
  resources: readonly string[],
): void {
  const asked = form.get("resource");
  if (!resources.includes(granted)) {
    throw new OAuthError("invalid_grant", "The resource is no longer served");
  }
  if (asked !== null && resourceOf(asked, resources) !== granted) {
    throw new OAuthError(
      "invalid_target",
      "resource is not the one that access was granted to",
    );
  }
}
