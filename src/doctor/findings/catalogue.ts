/**
 * Everything that an examination can find: how bad it is, where its rule is written, whom it breaks, what to change.
 *
 * @module
 */

import { BROWSER_ENTRIES, type BrowserCode } from "./browser.ts";
import { CHALLENGE_ENTRIES, type ChallengeCode } from "./challenge.ts";
import { ENDPOINT_ENTRIES, type EndpointCode } from "./endpoint.ts";
import { METADATA_ENTRIES, type MetadataCode } from "./metadata.ts";
import { RESOURCE_ENTRIES, type ResourceCode } from "./resource.ts";
import { SERVER_ENTRIES, type ServerCode } from "./server.ts";
import { TOKEN_ENTRIES, type TokenCode } from "./tokens.ts";
import type { ClientId } from "../clients/clients.ts";
import type { Clause, Severity } from "../report.ts";

/** What is known of a kind of finding beforehand. */
export interface Entry {
  /** How bad it is. */
  readonly severity: Severity;
  /** What it is, in words. */
  readonly title: string;
  /** The rule it comes from. */
  readonly clause: Clause;
  /** The clients that it breaks. Empty where it breaks none that is known, or is not about clients. */
  readonly clients: readonly ClientId[];
  /** What to change. */
  readonly advice: string;
}

/** What a finding is called. */
export type Code =
  | EndpointCode
  | ChallengeCode
  | MetadataCode
  | ResourceCode
  | ServerCode
  | BrowserCode
  | TokenCode;

/** Every kind of finding by its code. */
export const CATALOGUE: Readonly<Record<Code, Entry>> = {
  ...ENDPOINT_ENTRIES,
  ...CHALLENGE_ENTRIES,
  ...METADATA_ENTRIES,
  ...RESOURCE_ENTRIES,
  ...SERVER_ENTRIES,
  ...BROWSER_ENTRIES,
  ...TOKEN_ENTRIES,
};
