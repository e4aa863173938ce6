/**
 * A resource that trusts a provider by its preset, and the provider as it is on the network: its metadata and keys at
 * the URLs where it has them, and nowhere else.
 *
 * @module
 */

import { assertThrows } from "@std/assert";
import { SignJWT } from "jose";
import { protectResource } from "../../src/protect_resource.ts";
import type { Provider } from "../../src/providers/mod.ts";
import type { AuthInfo } from "../../src/types.ts";
import {
  answerJson,
  type TestKey,
  testKey,
  testNetwork,
} from "../../src/testing/mod.ts";

export const RESOURCE = "https://notes.example.com/mcp";
/** The time at which every token here was issued. */
export const NOW: number = testNetwork().now() / 1000;
/** Of every token: good for an hour. */
export const TIMES: { readonly iat: number; readonly exp: number } = {
  iat: NOW,
  exp: NOW + 3600,
};
/** The provider's key. */
export const KEY: TestKey = await testKey("RS256", "key-1");

type Members = Readonly<Record<string, unknown>>;

/** What a provider publishes. */
export interface Published {
  /** Its metadata documents, by their URLs. */
  readonly metadata: Readonly<Record<string, Members>>;
  /** Where its keys are. Default: where the metadata says. */
  readonly jwks_uri?: string;
  /** Default: {@linkcode KEY}. */
  readonly keys?: readonly TestKey[];
}

/** What is known of an accepted caller. */
export type Caller = Pick<AuthInfo, "clientId" | "scopes">;

/** A token's claims, and its header where it is not `{ alg, kid }`; whom it is accepted as, or why it is refused. */
export type TokenRow = readonly [
  why: string,
  verdict: Caller | string,
  claims: Members,
  header?: Members,
];

/** A resource that trusts a provider. */
export interface Gate {
  /** Presents a token with these claims; resolves to whom it is accepted as, or to why it is refused. */
  present(claims: Members, header?: Members): Promise<Caller | string>;
  /** The URLs that were asked for, in order. */
  readonly requests: readonly string[];
}

/** Sets up both. */
export function gate(provider: Provider, published: Published): Gate {
  const { metadata, jwks_uri, keys = [KEY] } = published;
  const network = testNetwork();
  for (const [url, document] of Object.entries(metadata)) {
    network.serve(url, answerJson(document));
    network.serve(
      jwks_uri ?? `${document.jwks_uri}`,
      answerJson({ keys: keys.map(({ jwk }) => jwk) }),
    );
  }
  const verdicts: (Caller | string)[] = [];
  const { authorization_servers, issuers } = provider;
  const handle = protect(
    (_request, { authInfo: { clientId, scopes } }) => {
      verdicts.push({ clientId, scopes });
      return new Response();
    },
    {
      metadata: { resource: RESOURCE, authorization_servers },
      issuers,
      platform: network,
      onDecision(decision): void {
        if (decision.outcome === "refused") verdicts.push(decision.reason);
        if (decision.outcome === "unavailable") {
          verdicts.push(decision.error.message);
        }
      },
    },
  );
  return {
    requests: network.requests,
    async present(claims, header): Promise<Caller | string> {
      const { alg, kid, privateKey } = keys[0]!;
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg, kid, ...header })
        .sign(privateKey);
      const authorization = `Bearer ${token}`;
      await handle(new Request(RESOURCE, { headers: { authorization } }));
      return verdicts.pop()!;
    },
  };
}

/** Protects the resource, which has nothing left to find in what a preset made: a preset checks its own options. */
const protect: typeof protectResource = (handler, options) => {
  try {
    return protectResource(handler, options);
  } catch (cause) {
    throw new Error("The preset accepted what the resource refused", { cause });
  }
};

/** What a test of a row does, for its name. */
export function verb(verdict: Caller | string): string {
  return typeof verdict === "string" ? "refuses" : "accepts";
}

/** Asserts that a preset cannot be made with these options, and what their author is told to change. */
export function assertRefused<Options>(
  make: (options: Options) => unknown,
  rows: readonly (readonly [message: string, options: object])[],
): void {
  for (const [message, options] of rows) {
    assertThrows(() => make(options as Options), TypeError, message);
  }
}
