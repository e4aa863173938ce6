/**
 * The options of {@linkcode forwardTo}.
 *
 * @module
 */

import {
  aFunction,
  anything,
  aPositiveNumber,
  aString,
  checkOptions,
  mustBe,
  type OptionShape,
  orNull,
  strings,
} from "../runtime/option_checks.ts";
import type { UpstreamError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import { checkSecrets } from "./secrets.ts";

/** Options of {@linkcode forwardTo}. Each has a default. */
export interface ForwardOptions {
  /**
   * Secrets of 32 characters or more each, the same on every instance. The first one signs assertions and seals session
   * identifiers, and all of them verify and open. Default: no assertions, and session identifiers are not sealed.
   */
  readonly secrets?: readonly string[] | undefined;
  /** What the upstream learns about the caller: `user`, `email`, `groups`, `assertion`. Default: all of them that the token contains. */
  readonly identity?: readonly Identity[] | undefined;
  /** The `iss` of assertions. Default: the resource, as `URL` serializes it. */
  readonly issuer?: string | undefined;
  /** Where the resource is mounted, if a proxy strips a prefix: the `path` of `protectResource`. Default: the path of the resource. */
  readonly path?: string | undefined;
  /** How long the upstream may take to send response headers, at most 86,400 seconds. After them a stream may be idle for any time. Default: 30. */
  readonly timeoutSeconds?: number | undefined;
  /** The maximum size of a request body, in bytes. A larger one is 413. Default: 4,194,304. */
  readonly maxBodyBytes?: number | undefined;
  /** How many requests to this upstream may be open at once, streams included: each `forwardTo` counts its own. More are 503. Default: 10,000. */
  readonly maxOpen?: number | undefined;
  /**
   * Called with each fault of the upstream, and each request beyond `maxOpen`. `null`: faults are not reported. Default:
   * each is a line of `console.error`, without anything that a client sent.
   */
  readonly onError?: ((error: UpstreamError) => void) | null | undefined;
  /** Sends requests to the upstream. It has to send each at most once. Default: on Node.js, `node:http`; elsewhere the runtime's `fetch`, with settings that ensure that. */
  readonly fetch?:
    | ((url: string, init: RequestInit) => Promise<Response>)
    | undefined;
  /** The time in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

type WithoutDefault = "secrets" | "issuer" | "path" | "fetch" | "onError";

/** The options, complete. */
export type ResolvedForwardOptions =
  & {
    readonly [Name in Exclude<keyof ForwardOptions, WithoutDefault>]:
      NonNullable<ForwardOptions[Name]>;
  }
  & Pick<ForwardOptions, WithoutDefault>;

const IDENTITIES: readonly Identity[] = [
  "user",
  "email",
  "groups",
  "assertion",
];

/** A day. A timer of more than 24 days would fire at once. */
export const MAX_TIMEOUT_SECONDS = 86_400;

const DEFAULTS = {
  identity: IDENTITIES,
  timeoutSeconds: 30,
  maxBodyBytes: 4_194_304,
  maxOpen: 10_000,
  now: (): number => Date.now(),
};

const SHAPE: OptionShape<ForwardOptions> = {
  members: {
    secrets: strings,
    identity: mustBe(
      (value) =>
        Array.isArray(value) &&
        value.every((name) => IDENTITIES.includes(name)),
      `use an array of ${IDENTITIES.join(", ")}`,
    ),
    issuer: aString,
    path: anything,
    timeoutSeconds: mustBe(
      (value) =>
        typeof value === "number" && value > 0 && value <= MAX_TIMEOUT_SECONDS,
      `use a number of seconds above 0, at most ${MAX_TIMEOUT_SECONDS}`,
    ),
    maxBodyBytes: aPositiveNumber,
    maxOpen: aPositiveNumber,
    onError: orNull(aFunction),
    fetch: aFunction,
    now: aFunction,
  },
};

/**
 * Checks the options, and fills in their defaults.
 *
 * @throws {TypeError} If one cannot be used. The message says what to change.
 */
export function resolveForwardOptions(
  options: ForwardOptions,
): ResolvedForwardOptions {
  checkOptions(options, "", SHAPE);
  const given = Object.entries(options)
    .filter(([, value]) => value !== undefined);
  const resolved: ResolvedForwardOptions = {
    ...DEFAULTS,
    ...Object.fromEntries(given),
  };
  if (resolved.secrets !== undefined) checkSecrets(resolved.secrets);
  return resolved;
}
