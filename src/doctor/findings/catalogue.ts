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
import type { Entry } from "./entry.ts";

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
