/**
 * An introspection endpoint in memory, which says of each token what a test tells it, and a verifier that asks it.
 *
 * @module
 */

import type { ClientSecret } from "../../src/issuers/client_authentication.ts";
import {
  introspectionVerifier,
  type IntrospectionVerifierOptions,
} from "../../src/tokens/introspection_verifier.ts";
import type { AccessTokenVerifier } from "../../src/types.ts";
import {
  type Answer,
  type TestNetwork,
  testNetwork,
} from "../../src/testing/mod.ts";
import { ISSUER, RESOURCE } from "./protected.ts";

/** Where it is. Its issuer's metadata is not there unless a test serves it. */
export const ENDPOINT: string = `${ISSUER}/introspect`;
export const SECRET = "s3cr3t: of%the&server";
export const CLIENT: ClientSecret = {
  client_id: "notes",
  client_secret: SECRET,
};

/** What was posted. */
export interface PostedForm {
  readonly headers: Headers;
  readonly params: URLSearchParams;
}

/** The endpoint, and the verifier in front of it. */
export interface Introspected {
  readonly network: TestNetwork;
  readonly verify: AccessTokenVerifier;
  /** What the endpoint was sent, in order. */
  readonly forms: readonly PostedForm[];
  /** What it says of an active token. */
  claims(): Record<string, unknown>;
  /** What it answers from now on, by the token. */
  answer: (token: string) => Response | Promise<Response>;
}

/** Sets up both. */
export function introspected(
  options: Partial<IntrospectionVerifierOptions> = {},
  network: TestNetwork = testNetwork(),
): Introspected {
  const forms: PostedForm[] = [];
  const self: Introspected = {
    network,
    verify: introspectionVerifier({
      issuer: ISSUER,
      client: CLIENT,
      introspection_endpoint: ENDPOINT,
      platform: network,
      ...options,
    }),
    forms,
    claims(): Record<string, unknown> {
      const iat = Math.floor(network.now() / 1000);
      return {
        active: true,
        iss: ISSUER,
        sub: "user-1",
        aud: RESOURCE,
        client_id: "client-1",
        token_type: "Bearer",
        scope: "notes:read",
        iat,
        exp: iat + 300,
      };
    },
    answer: () => Response.json(self.claims()),
  };
  const answer: Answer = (_, { headers, body }) => {
    const params = new URLSearchParams(String(body));
    forms.push({ headers: new Headers(headers), params });
    return self.answer(params.get("token") ?? "");
  };
  network.serve(options.introspection_endpoint ?? ENDPOINT, answer);
  return self;
}

/** All that an error tells: its own words, its stack and its members, and those of its causes. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(JSON.stringify(error));
  const { name, message, stack, cause } = error;
  const members = JSON.stringify(error);
  return [name, message, stack, members, cause && textOf(cause)].join("\n");
}
