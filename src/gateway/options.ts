/**
 * What {@linkcode forwardTo} can be told.
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
  strings,
} from "../runtime/option_checks.ts";
import type { UpstreamError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import { checkSecrets } from "./secrets.ts";

/** Options of {@linkcode forwardTo}. Each has a default. */
export interface ForwardOptions {
  /**
   * What the gateway's keys are made of, each of 32 characters or more: the first signs assertions and seals session
   * identifiers, the others are still accepted. Several instances need the same. Default: none, and then there is no
   * assertion, and session identifiers pass as they are.
   */
  readonly secrets?: readonly string[] | undefined;
  /** What the upstream receives of the caller. Default: all that the token says. */
  readonly identity?: readonly Identity[] | undefined;
  /** The `iss` of assertions. Default: the resource, as `URL` writes it. */
  readonly issuer?: string | undefined;
  /** Where the resource is mounted, if a proxy strips a prefix: the `path` of the guard. Default: the path of the resource. */
  readonly path?: string | undefined;
  /** How long the upstream may take to the head of its response. Streams may be silent for any time after it. Default: 30. */
  readonly timeoutSeconds?: number | undefined;
  /** How large a request's body may be. Default: 4 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** How many requests may be open at once, streams of events included. More are answered with 503. Default: 10,000. */
  readonly maxOpen?: number | undefined;
  /** Receives what went wrong with the upstream. Default: nobody does. */
  readonly onError?: ((error: UpstreamError) => void) | undefined;
  /** Sends requests to the upstream. Default: the runtime's `fetch`, which is told to send none twice. */
  readonly fetch?:
    | ((url: string, init: RequestInit) => Promise<Response>)
    | undefined;
  /** The time in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

type WithoutDefault = "secrets" | "issuer" | "path" | "fetch";

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

const DEFAULTS = {
  identity: IDENTITIES,
  timeoutSeconds: 30,
  maxBodyBytes: 4_194_304,
  maxOpen: 10_000,
  onError: (): void => {},
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
    timeoutSeconds: aPositiveNumber,
    maxBodyBytes: aPositiveNumber,
    maxOpen: aPositiveNumber,
    onError: aFunction,
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
