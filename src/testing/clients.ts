/**
 * How a client shows an issuer who it is: by its secret ({@link https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 | RFC 6749 §2.3.1}),
 * or by a JWT that it signs (`private_key_jwt`, {@link https://www.rfc-editor.org/rfc/rfc7523#section-3 | RFC 7523 §3}).
 * Not implemented: certificates (RFC 8705), `client_secret_jwt`, and refusing an assertion that comes twice.
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

/** A client that an issuer knows. */
export interface TestClient {
  /** Its identifier. */
  readonly client_id: string;
  /** What it shows for `client_secret_basic` and `client_secret_post`. Default: it has none. */
  readonly client_secret?: string | undefined;
  /** What it signs with for `private_key_jwt`. Default: it has none. */
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

/** How a client can show who it is. */
export type ClientAuthenticationMethod =
  | "client_secret_basic"
  | "client_secret_post"
  | "private_key_jwt";

/** Who may ask, whom a client's JWT may be for, and what time it is, in milliseconds since 1970. */
export interface ClientRules {
  /** The client. */
  readonly client: TestClient;
  /** Any one of these. */
  readonly audience: readonly string[];
  /** The clock. */
  readonly now: () => number;
}

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** How the client showed that it is the one that is known, or the error that it is told. */
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

/** Both parts are form-encoded before they are joined, so a colon in either is no divider. */
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
