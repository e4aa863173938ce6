/**
 * The part of the pipeline that an authorizer can run: from the credentials to the scopes that every request needs.
 *
 * @module
 */

import type { Credentials } from "../../http/credentials.ts";
import { accepted, refused } from "../../decisions.ts";
import { AccessTokenError, AuthorizationServerError } from "../../errors.ts";
import { remaindersOf } from "../../http/paths.ts";
import { refuse } from "../../http/error_responses.ts";
import type { ProtectedResourceOptions } from "../../options.ts";
import type { Prove } from "../../tokens/proof_of_possession.ts";
import { pathOf } from "../../runtime/identifiers.ts";
import { tokenChecks, type TokenOptions } from "../../token_checks.ts";
import type { RequestContext } from "../../types.ts";
import { objectOf, requestOf } from "./events.ts";
import type { Verdict } from "./verdicts.ts";

/**
 * Creates a function that judges the credentials of an authorizer's event. With `leavesProofs`, it judges only the token:
 * a proof is used once, by the function behind, and the gateway may cache the verdict for other proofs.
 *
 * @throws {TypeError} If an option is invalid.
 */
export function credentialsJudge(
  options: TokenOptions & Pick<ProtectedResourceOptions, "onDecision">,
  leavesProofs: boolean,
): (event: unknown, context: RequestContext) => Promise<Verdict> {
  const { onDecision } = options;
  const { read, authorize, scopes, challenge } = tokenChecks(
    options,
    remaindersOf(pathOf(options.metadata.resource)),
  );
  const leave: Prove | undefined = leavesProofs && options.dpop
    ? () => Promise.resolve()
    : undefined;

  return async (event, context) => {
    let credentials: Credentials | undefined;
    try {
      const request = readRequest(event);
      credentials = read(request);
      const { token } = credentials;
      const { authInfo } = await authorize(
        request,
        credentials,
        context,
        leave,
      );
      scopes.check(authInfo, []);
      onDecision?.(accepted(authInfo, []));
      return { outcome: "accepted", token, authInfo };
    } catch (error) {
      const { token = "", scheme } = credentials ?? {};
      const sent = token === "" ? {} : { token };
      if (error instanceof AuthorizationServerError) {
        onDecision?.(refused(error, 503));
        return { outcome: "unavailable", ...sent, error };
      }
      if (!(error instanceof AccessTokenError)) throw error;
      const { status, headers } = refuse(error, challenge(scheme));
      onDecision?.(refused(error, status));
      const field = headers.get("www-authenticate") ?? "";
      return { outcome: "refused", ...sent, error, challenge: field };
    }
  };
}

/** @throws {AccessTokenError} If the event has no request. */
function readRequest(event: unknown): Request {
  const { type, authorizationToken } = objectOf(event);
  try {
    return type === "TOKEN"
      ? new Request("https://localhost", {
        headers: { authorization: `${authorizationToken}` },
      })
      : requestOf(event);
  } catch {
    // Without the cause: the runtime's message repeats the header or URL, and the token in it.
    throw new AccessTokenError("malformed_token");
  }
}
