/**
 * An authorization server in memory, and the network and the clock by which it is reached. A test opens no socket,
 * waits for nothing, and says what goes wrong.
 *
 * @module
 */

import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import type { Platform, SharedCache } from "../src/platform.ts";

/** Answers one request. What it throws is what `fetch` rejects with. */
export type Answer = (
  url: string,
  init: RequestInit,
) => Response | Promise<Response>;

/** A network with nothing but what is served on it, and a clock that stands still. It is a `platform`. */
export interface TestNetwork extends Platform {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** The URLs that were asked for, in order. */
  readonly requests: readonly string[];
  /** What every URL answers in place of its own answer, while it is set. */
  outage: Answer | undefined;
  /** How often a URL was asked for. */
  count(url: string): number;
  /** Sets what a URL answers. A URL that is not served answers 404. */
  serve(url: string, answer: Answer): void;
  /** Moves the clock on; or back, by a negative number. */
  pass(seconds: number): void;
  /** Resolves when the work that was handed to `waitUntil` is done. */
  idle(): Promise<void>;
}

/** A network, whose clock begins at an even second in January 2027. */
export function testNetwork(): TestNetwork {
  const answers = new Map<string, Answer>();
  const requests: string[] = [];
  const work: Promise<unknown>[] = [];
  let now = 1_800_000_000_000;
  const network: TestNetwork = {
    async fetch(url, init): Promise<Response> {
      requests.push(url);
      const answer = network.outage ?? answers.get(url) ?? answerStatus(404);
      return await answer(url, init);
    },
    now: () => now,
    waitUntil: (promise) => void work.push(promise),
    requests,
    outage: undefined,
    count: (url) => requests.filter((other) => other === url).length,
    serve: (url, answer) => void answers.set(url, answer),
    pass: (seconds) => void (now += seconds * 1000),
    async idle(): Promise<void> {
      while (work.length > 0) await Promise.allSettled(work.splice(0));
    },
  };
  return network;
}

/** A cache as several instances of a server share it. It forgets nothing, and fails while `broken` is set. */
export interface TestCache extends SharedCache {
  broken: boolean;
}

/** A shared cache, for the `cache` of a platform. */
export function testCache(): TestCache {
  const responses = new Map<string, Response>();
  const self: TestCache = {
    broken: false,
    match: (url) =>
      self.broken
        ? Promise.reject(new Error("Cache is broken"))
        : Promise.resolve(responses.get(url)?.clone()),
    put: (url, response) =>
      self.broken
        ? Promise.reject(new Error("Cache is broken"))
        : Promise.resolve(void responses.set(url, response)),
  };
  return self;
}

/** A key pair. The issuer publishes the public half as it is written in `jwk`. */
export interface TestKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** Makes a key pair for one of the algorithms that an access token may use. */
export async function testKey(
  alg: string,
  kid: string = alg,
): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const jwk = { ...await exportJWK(publicKey), kid, alg, use: "sig" };
  return { alg, kid, privateKey, jwk };
}

/** How a {@linkcode TestIssuer} is set up. */
export interface TestIssuerOptions {
  /** Its identifier. */
  readonly issuer: string;
  /** The `aud` of its tokens. */
  readonly audience: string;
  /** Its keys; the first one signs. */
  readonly keys: readonly TestKey[];
}

/** An authorization server that publishes its metadata and keys, and issues access tokens. */
export interface TestIssuer {
  readonly issuer: string;
  /** Where its metadata is: the RFC 8414 place, and no other. */
  readonly metadataUrl: string;
  readonly jwksUrl: string;
  /** What it publishes. Put others here to rotate them. */
  keys: readonly TestKey[];
  /** The claims that a token has unless it is told otherwise: good for five minutes from now. */
  claims(): Record<string, unknown>;
  /** Issues a token. Claims and header fields are added to the usual ones; `undefined` takes one away. */
  sign(
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
    key?: TestKey,
  ): Promise<string>;
}

/** Sets up an issuer on a network. */
export function testIssuer(
  network: TestNetwork,
  { issuer, audience, keys }: TestIssuerOptions,
): TestIssuer {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  const self: TestIssuer = {
    issuer,
    metadataUrl: `${origin}/.well-known/oauth-authorization-server${path}`,
    jwksUrl: `${origin}${path}/jwks`,
    keys,
    claims(): Record<string, unknown> {
      const iat = Math.floor(network.now() / 1000);
      return {
        iss: issuer,
        sub: "user-1",
        aud: audience,
        client_id: "client-1",
        iat,
        exp: iat + 300,
      };
    },
    async sign(claims, header, key = self.keys[0]!): Promise<string> {
      const { alg, kid, privateKey } = key;
      return await new SignJWT({ ...self.claims(), ...claims })
        .setProtectedHeader({ alg, kid, typ: "at+jwt", ...header })
        .sign(privateKey);
    },
  };
  network.serve(
    self.metadataUrl,
    answerJson({
      issuer,
      authorization_endpoint: `${origin}${path}/authorize`,
      token_endpoint: `${origin}${path}/token`,
      jwks_uri: self.jwksUrl,
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
    }),
  );
  network.serve(
    self.jwksUrl,
    () => Response.json({ keys: self.keys.map(({ jwk }) => jwk) }),
  );
  return self;
}

/** 200 and a JSON document. */
export function answerJson(document: unknown): Answer {
  return () => Response.json(document);
}

/** A status and nothing else. */
export function answerStatus(status: number): Answer {
  return () => new Response(null, { status });
}

/** 200 and a page, as servers of single-page applications answer for any URL. */
export function answerHtml(): Answer {
  return () =>
    new Response("<!doctype html><title>Not found</title>", {
      headers: { "content-type": "text/html" },
    });
}

/** A redirect to another URL. */
export function answerRedirect(location: string, status: number = 302): Answer {
  return () => new Response(null, { status, headers: { location } });
}

/** No answer: the connection is refused. */
export function answerNothing(): Answer {
  return () => {
    throw new TypeError("Connection refused");
  };
}

/** No answer until the request is given up by its signal. */
export function answerNever(): Answer {
  return (_, { signal }) =>
    new Promise((_, reject) => {
      const open = setTimeout(() => {}, 60_000); // as a socket does, it keeps the process alive
      signal?.addEventListener("abort", () => {
        clearTimeout(open);
        reject(signal.reason);
      });
    });
}
