/**
 * The introspection endpoint of a test issuer ({@link https://www.rfc-editor.org/rfc/rfc7662 | RFC 7662}).
 * Not implemented: responses that are JWTs (RFC 9701).
 *
 * @module
 */

import type { Answer } from "./answers.ts";
import {
  authenticateClient,
  type ClientAuthenticationMethod,
  type ClientRules,
} from "./clients.ts";

/** An introspection request of an authenticated resource. */
export interface Introspection {
  /** The token. */
  readonly token: string;
  /** The `token_type_hint` of the request, or `null` if it had none. */
  readonly token_type_hint: string | null;
  /** How the resource authenticated. */
  readonly method: ClientAuthenticationMethod;
}

/**
 * Answers the client's requests with the claims that `claimsOf` returns; `undefined` means that a token is not active.
 * `onIntrospection` receives every authenticated request.
 */
export function introspectionEndpoint(
  rules: ClientRules,
  claimsOf: (token: string) => Readonly<Record<string, unknown>> | undefined,
  onIntrospection: (introspection: Introspection) => void,
): Answer {
  return async (url, init): Promise<Response> => {
    const request = new Request(url, init);
    if (request.method !== "POST") {
      return new Response(null, { status: 405, headers: { allow: "POST" } });
    }
    const type = request.headers.get("content-type") ?? "";
    if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(type)) {
      return refusal("invalid_request");
    }
    const form = new URLSearchParams(await request.text());
    const authorization = request.headers.get("authorization");
    const method = await authenticateClient(authorization, form, rules);
    if (method === "invalid_client" || method === "invalid_request") {
      return refusal(method);
    }
    const [token, ...others] = form.getAll("token");
    if (!token || others.length > 0) return refusal("invalid_request");
    const token_type_hint = form.get("token_type_hint");
    onIntrospection({ token, token_type_hint, method });
    const claims = claimsOf(token);
    return respond(
      200,
      claims === undefined
        ? { active: false } // without a reason (§2.2)
        : { active: true, token_type: "Bearer", ...claims },
    );
  };
}

/** RFC 6749 §5.2. */
function refusal(error: "invalid_client" | "invalid_request"): Response {
  const response = respond(error === "invalid_client" ? 401 : 400, { error });
  if (error === "invalid_client") {
    response.headers.set("www-authenticate", "Basic");
  }
  return response;
}

function respond(status: number, document: unknown): Response {
  const headers = { "cache-control": "no-store" };
  return Response.json(document, { status, headers });
}
