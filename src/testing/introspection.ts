/**
 * The endpoint at which a resource asks what a token is worth ({@link https://www.rfc-editor.org/rfc/rfc7662 | RFC 7662}).
 * Not implemented: answers that are JWTs (RFC 9701).
 *
 * @module
 */

import type { Answer } from "./answers.ts";
import {
  authenticateClient,
  type ClientAuthenticationMethod,
  type ClientRules,
} from "./clients.ts";

/** What a resource asked, once it had shown who it is. */
export interface Introspection {
  /** The token. */
  readonly token: string;
  /** What the resource took it for, if it said so. */
  readonly token_type_hint: string | null;
  /** How the resource showed who it is. */
  readonly method: ClientAuthenticationMethod;
}

/** Answers by what `claimsOf` knows of a token, to the client alone, and tells of every question. */
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
        ? { active: false } // and not a word why (§2.2)
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
