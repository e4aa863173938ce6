/**
 * What can go wrong between a resource and its issuer.
 *
 * @module
 */

import type { SharedCache } from "../../src/runtime/platform.ts";
import {
  type Answer,
  answerHtml,
  answerJson,
  answerNever,
  answerNothing,
  answerRedirect,
  answerStatus,
  type TestIssuer,
  testKey,
} from "../../src/testing/mod.ts";
import { testCache } from "./shared_cache.ts";

/** A resource's view of an issuer, and where to break it. */
export interface Scene {
  readonly issuer: TestIssuer;
  /** What a URL answers in place of its own answer. */
  fault: ((url: string) => Answer | undefined) | undefined;
  /** How far the resource's clock is off. */
  clockOffsetSeconds: number;
  /** Lets time pass. */
  sleep(seconds: number): Promise<void>;
  /** A token that is good for as long as its key is. */
  token(kid?: string): Promise<string>;
}

/** One thing that goes wrong. */
export interface Fault {
  readonly what: string;
  /** What is answered meanwhile, and by which URL, if not by all. */
  readonly answer?: (url: string, issuer: TestIssuer) => Answer | undefined;
  /** What else happens when it begins. */
  readonly begin?: (scene: Scene) => void | Promise<void>;
  /** How long nobody asks then. Default: not at all, or until a key set is read again. */
  readonly idleSeconds?: number;
  /** Whose token is presented. Default: one of the issuer's key before. */
  readonly bearer?: "next key" | "unknown key";
  /** What comes with each request besides. Default: nothing. */
  readonly flood?: "unknown keys";
  /** The cache that instances share. Default: none. */
  readonly cache?: SharedCache;
  /** The expectation of tests/contract that sees the same on real runtimes, for a resource that has no keys yet. */
  readonly coldOnTheWire?: string;
  /** The same, for one that has. */
  readonly warmOnTheWire?: string;
}

/** An answer to whoever asks for the keys. */
function keysAnswer(answer: Answer): NonNullable<Fault["answer"]> {
  return (url, { jwksUrl }) => url === jwksUrl ? answer : undefined;
}

/** An answer to whoever asks for the metadata, wherever it is looked for. */
function metadataAnswer(
  make: (issuer: TestIssuer) => Answer,
): NonNullable<Fault["answer"]> {
  return (url, issuer) => url === issuer.jwksUrl ? undefined : make(issuer);
}

/** Metadata with other members in place of its own. */
function metadataWith(
  members: Readonly<Record<string, unknown>>,
): NonNullable<Fault["answer"]> {
  return metadataAnswer(({ issuer, jwksUrl }) =>
    answerJson({ issuer, jwks_uri: jwksUrl, ...members })
  );
}

/** Keys that are published as they should not be. */
function publishedAs(
  change: (jwk: Readonly<Record<string, unknown>>) => unknown,
): NonNullable<Fault["answer"]> {
  return (url, { keys, jwksUrl }) =>
    url === jwksUrl
      ? answerJson({ keys: keys.map(({ jwk }) => change(jwk)) })
      : undefined;
}

const BYTES = new TextEncoder().encode(`{"keys":[${" ".repeat(65_536)}`);

function endless(): Response {
  return new Response(
    new ReadableStream({ pull: (body) => body.enqueue(BYTES) }),
  );
}

/** A body that breaks off: with the connection, or without a word. */
function cutShort(end: "connection lost" | "nothing more"): Answer {
  let isSent = false;
  return () =>
    new Response(
      new ReadableStream({
        pull(body): void | Promise<never> {
          if (!isSent) body.enqueue(BYTES.slice(0, 100));
          else if (end === "nothing more") return new Promise(() => {});
          else body.error(new TypeError("Connection lost"));
          isSent = !isSent;
        },
      }, { highWaterMark: 0 }),
    );
}

const weak = await testKey("RS256", "key-1");
const hung: SharedCache = {
  match: () => new Promise(() => {}),
  put: () => new Promise(() => {}),
};
const failing: SharedCache = Object.assign(testCache(), { broken: true });

const DAY_SECONDS = 86_400;

/** What goes wrong at the issuer. */
const issuerFaults: readonly Fault[] = [
  { what: "nothing" },
  {
    what: "it refuses connections",
    answer: () => answerNothing(),
    coldOnTheWire:
      "outages: a token is 503 with Retry-After meanwhile, and not thrown away",
    warmOnTheWire:
      "outages: once its keys are known, tokens are taken without the issuer",
  },
  { what: "it hangs", answer: () => answerNever() },
  {
    what: "each answer takes 2 s",
    begin: ({ issuer }) => void (issuer.delaySeconds = 2),
    coldOnTheWire:
      "outages: many callers who wait for a slow issuer are all served, or told to wait",
  },
  {
    what: "each answer takes 4.5 s",
    begin: ({ issuer }) => void (issuer.delaySeconds = 4.5),
  },
  { what: "500", answer: () => answerStatus(500) },
  { what: "404", answer: () => answerStatus(404) },
  {
    what: "302 to elsewhere",
    answer: () => answerRedirect("https://evil.example/"),
  },
  { what: "a page, with 200", answer: () => answerHtml() },
  {
    what: "not JSON",
    answer: () => () => new Response("{keys:[]}"),
  },
  { what: "a JSON array", answer: () => answerJson([]) },
  {
    what: "more than 256 KiB",
    answer: () => answerJson({ x: "x".repeat(262_144) }),
  },
  { what: "an answer without end", answer: () => endless },
  {
    what: "a body cut short",
    answer: () => cutShort("connection lost"),
  },
  {
    what: "a body that stops",
    answer: () => cutShort("nothing more"),
  },
  {
    what: "another issuer's metadata",
    answer: metadataWith({ issuer: "https://evil.example" }),
  },
  {
    what: "metadata without `jwks_uri`",
    answer: metadataWith({ jwks_uri: undefined }),
  },
  {
    what: "`jwks_uri` is http",
    answer: metadataWith({ jwks_uri: "http://auth.example.com/jwks" }),
  },
  {
    what: "only its metadata is 500",
    answer: metadataAnswer(() => answerStatus(500)),
  },
  {
    what: "only its keys are 500",
    answer: keysAnswer(answerStatus(500)),
  },
  { what: "no `keys` in the set", answer: keysAnswer(answerJson({})) },
  { what: "an empty set of keys", answer: publishedAs(() => ({})) },
  {
    what: "keys that are no objects",
    answer: publishedAs(() => "key"),
  },
  {
    what: "keys with garbage in them",
    answer: publishedAs((jwk) => ({ ...jwk, x: "!", y: [] })),
  },
  {
    what: "private keys published",
    answer: publishedAs((jwk) => ({ ...jwk, d: jwk.x })),
  },
  {
    what: "weak RSA keys published",
    answer: publishedAs(() => ({ ...weak.jwk, e: "AQ" })),
  },
];

/** What goes wrong with keys, and around the resource. */
const otherFaults: readonly Fault[] = [
  {
    what: "keys rotated: a token of the new one",
    begin: ({ issuer }) => issuer.rotate(),
    bearer: "next key",
    warmOnTheWire: "rotation: the issuer's next key is taken within 15 s",
  },
  {
    what: "key removed: a token of that one",
    begin: ({ issuer }) => issuer.rotate(),
    warmOnTheWire:
      "rotation: a token with a key that the issuer removed is refused",
  },
  {
    what: "unknown key ids, 5 a second",
    bearer: "unknown key",
    warmOnTheWire:
      "outages: 50 tokens with unknown keys are refused, and cost one request at most",
  },
  { what: "a known key among these", flood: "unknown keys" },
  {
    what: "unknown key ids, and its keys are 500",
    bearer: "unknown key",
    answer: keysAnswer(answerStatus(500)),
  },
  {
    what: "a known key among these, and its keys are 500",
    flood: "unknown keys",
    answer: keysAnswer(answerStatus(500)),
  },
  { what: "the shared cache fails", cache: failing },
  { what: "the shared cache hangs", cache: hung },
  {
    what: "clock set back by a day",
    begin: (scene) => void (scene.clockOffsetSeconds = -DAY_SECONDS),
  },
  {
    what: "the same, and it refuses connections",
    begin: (scene) => void (scene.clockOffsetSeconds = -DAY_SECONDS),
    answer: () => answerNothing(),
  },
  {
    what: "clock set forward by a day",
    begin: (scene) => void (scene.clockOffsetSeconds = DAY_SECONDS),
  },
  {
    what: "the same, and it refuses connections",
    begin: (scene) => void (scene.clockOffsetSeconds = DAY_SECONDS),
    answer: () => answerNothing(),
  },
  { what: "10 minutes idle", idleSeconds: 600 },
  {
    what: "10 minutes idle, and the key removed",
    begin: ({ issuer }) => issuer.rotate(),
    idleSeconds: 600,
  },
  {
    what: "the same, and each answer takes 2 s",
    begin: async ({ issuer }) => {
      await issuer.rotate();
      issuer.delaySeconds = 2;
    },
    idleSeconds: 600,
  },
  {
    what: "69 minutes idle, and it refuses connections",
    idleSeconds: 69 * 60,
    answer: () => answerNothing(),
  },
  {
    what: "70 minutes idle, and it refuses connections",
    idleSeconds: 70 * 60,
    answer: () => answerNothing(),
  },
];

/** All of them, in the order of the documents. */
export const FAULTS: readonly Fault[] = [...issuerFaults, ...otherFaults];
