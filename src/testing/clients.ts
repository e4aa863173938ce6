/**
 * How a client authenticates to an issuer: by its secret
 * ({@link https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 | RFC 6749 §2.3.1}),
 * or by a JWT that it signs (`private_key_jwt`, {@link https://www.rfc-editor.org/rfc/rfc7523#section-3 | RFC 7523 §3}).
 * Not implemented: certificates (RFC 8705), `client_secret_jwt`, and rejecting an assertion that is used twice.
 *
 * @module
 */

import { importJWK, type JWK, jwtVerify } from "jose";
import {
  aString,
  isPlainObject,
  mustBe,
  type OptionShape,
} from "../runtime/option_checks.ts";
import type { TestKey } from "./keys.ts";

/** A client that is registered at an issuer. */
export interface TestClient {
  /** The client identifier. */
  readonly client_id: string;
  /** The secret for `client_secret_basic` and `client_secret_post`. Default: none. */
  readonly client_secret?: string | undefined;
  /** The key for `private_key_jwt`. Default: none. */
  readonly key?: TestKey | undefined;
}

/** The members of a {@linkcode TestClient}. */
export const TEST_CLIENT_SHAPE: OptionShape<TestClient> = {
  members: {
    client_id: aString,
    client_secret: aString,
    key: mustBe(isPlainObject, "give a key that testKey() made"),
  },
};

/** How a client can authenticate. */
export type ClientAuthenticationMethod =
  | "client_secret_basic"
  | "client_secret_post"
  | "private_key_jwt";

/** What a client's authentication is checked against. */
export interface ClientRules {
  /** The registered client. */
  readonly client: TestClient;
  /** The accepted values of `aud` in a client's JWT. */
  readonly audience: readonly string[];
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** The method by which the client authenticated, or the OAuth error to answer with. */
export async function authenticateClient(
  authorization: string | null,
  form: URLSearchParams,
  rules: ClientRules,
): Promise<ClientAuthenticationMethod | "invalid_client" | "invalid_request"> {
  const assertion = form.get("client_assertion");
  const secret = form.get("client_secret");
  const shown = [authorization, secret, assertion];
  if (shown.filter((each) => each !== null).length > 1) {
    return "invalid_request"; // RFC 6749 §2.3: one method in each request
  }
  const { client } = rules;
  if ((form.get("client_id") ?? client.client_id) !== client.client_id) {
    return "invalid_client";
  }
  if (authorization !== null) {
    return isBasic(authorization, client)
      ? "client_secret_basic"
      : "invalid_client";
  }
  if (assertion !== null) {
    return form.get("client_assertion_type") === JWT_BEARER &&
        await isAssertion(assertion, rules)
      ? "private_key_jwt"
      : "invalid_client";
  }
  return secret !== null && secret === client.client_secret &&
      form.has("client_id")
    ? "client_secret_post"
    : "invalid_client";
}

/** Both parts are form-encoded before they are joined, so neither contains a colon. */
function isBasic(
  authorization: string,
  { client_id, client_secret }: TestClient,
): boolean {
  try {
    const [, credentials] = /^basic +([\w+/]+=*)$/i.exec(authorization) ?? [];
    const [id, secret, ...rest] = atob(credentials ?? "").split(":")
      .map((part) => decodeURIComponent(part.replaceAll("+", " ")));
    return rest.length === 0 && id === client_id &&
      secret !== undefined && secret === client_secret;
  } catch {
    return false;
  }
}

async function isAssertion(
  assertion: string,
  { client: { client_id, key }, audience, now }: ClientRules,
): Promise<boolean> {
  if (key === undefined) return false;
  try {
    await jwtVerify(assertion, await importJWK(key.jwk as JWK, key.alg), {
      algorithms: [key.alg],
      issuer: client_id,
      subject: client_id,
      audience: [...audience],
      requiredClaims: ["exp"],
      currentDate: new Date(now()),
    });
    return true;
  } catch {
    return false;
  }
}
