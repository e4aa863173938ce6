/**
 * A doctor for the OAuth side of any MCP server, whatever it is made with: it examines a live server as each
 * generation of clients meets it, and says what is wrong, by which clause, whom it breaks, and what to change.
 *
 * @module
 */

import { runCommand } from "./command.ts";

export { examine, type ExamineOptions } from "./examine.ts";
export {
  type Clause,
  type Exchange,
  type Finding,
  type Report,
  type Severity,
  type Sighting,
  type Stage,
  type Verdict,
  worstSeverity,
} from "./report.ts";
export type { Tokens } from "./tokens.ts";
export { CATALOGUE, type Code, type Entry } from "./catalogue.ts";
export type { BrowserCode } from "./catalogue_browser.ts";
export type { ChallengeCode } from "./catalogue_challenge.ts";
export type { EndpointCode } from "./catalogue_endpoint.ts";
export type { MetadataCode } from "./catalogue_metadata.ts";
export type { ResourceCode } from "./catalogue_resource.ts";
export type { ServerCode } from "./catalogue_server.ts";
export type { TokenCode } from "./catalogue_tokens.ts";
export type { ProgramId } from "./client_programs.ts";
export type { SdkId } from "./client_sdks.ts";
export {
  type ChallengeReading,
  type Client,
  type ClientId,
  CLIENTS,
  type GoesOnAfter,
  type ResourceMetadataPlace,
  type ServerMetadataPlace,
  type Unknown,
} from "./clients.ts";
export { formatReport, type FormatReportOptions } from "./terminal.ts";
export { reportPage } from "./page.ts";
export { runCommand };

// The library has no types of a runtime's own.
if ((import.meta as { readonly main?: boolean }).main) runCommand();
