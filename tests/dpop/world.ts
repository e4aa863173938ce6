/**
 * A resource that verifies proofs, an issuer, and a client with a key.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { dpop, type DpopOptions } from "../../src/dpop/mod.ts";
import { parseChallenges } from "../../src/http/www_authenticate.ts";
import type { ProtectedResourceOptions } from "../../src/options.ts";
import type { ProtectedHandler } from "../../src/types.ts";
import {
  type ProofRequest,
  type TestKeyHolder,
  testKeyHolder,
} from "../../src/testing/mod.ts";
import { protect, type Protected, RESOURCE } from "../support/protected.ts";

/** The resource and its client. */
export interface World extends Protected {
  readonly holder: TestKeyHolder;
  /** A token that is bound to the client's key. */
  readonly token: string;
  /** Sends a POST with a bound token, and a new proof or the given one. */
  send(call?: Call): Promise<Response>;
  /** A proof for the POST. */
  proof(request?: Partial<ProofRequest>): Promise<string>;
}

/** What differs from a request that is accepted. */
export interface Call {
  readonly proof?: string | null;
  readonly token?: string;
  readonly scheme?: string;
  readonly method?: string;
  readonly url?: string;
  readonly nonce?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Creates the resource, with other options for the proofs, for the guard, or with another handler. */
export async function dpopWorld(
  options: Partial<DpopOptions> = {},
  others: Partial<ProtectedResourceOptions> = {},
  handler?: ProtectedHandler,
): Promise<World> {
  const world = protect({
    dpop: dpop({ mode: "optional", ...options }),
    ...others,
  }, handler);
  const holder = await testKeyHolder({ now: world.network.now });
  const bound = await world.issuer.token({ cnf: holder.cnf });

  function proof(request: Partial<ProofRequest> = {}): Promise<string> {
    return holder.proof({
      url: RESOURCE,
      method: "POST",
      token: bound,
      ...request,
    });
  }

  return {
    ...world,
    holder,
    token: bound,
    proof,
    async send(call = {}): Promise<Response> {
      const { scheme = "DPoP", token = bound, method = "POST" } = call;
      const { url = RESOURCE, nonce } = call;
      const sent = call.proof === undefined
        ? await proof({ url, method, token, nonce })
        : call.proof;
      return await world.handle(
        new Request(url, {
          method,
          headers: {
            authorization: `${scheme} ${token}`,
            ...(sent !== null && { dpop: sent }),
            ...call.headers,
          },
        }),
      );
    },
  };
}

/** Checks that a response is an error in the challenge of one scheme. */
export function assertChallenge(
  response: Response,
  scheme: "bearer" | "dpop",
  status: number,
  error: string | undefined,
): void {
  const field = response.headers.get("www-authenticate") ?? "";
  const [first, ...others] = parseChallenges(field);
  assertEquals(
    [response.status, first?.scheme, first?.params.error],
    [status, scheme, error],
    field,
  );
  assertEquals(others.filter(({ params }) => params.error !== undefined), []);
}
