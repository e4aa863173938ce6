/**
 * A doctor for the OAuth side of any MCP server, whatever it is made with: it examines a live server as each
 * generation of clients meets it, and says what is wrong, by which clause, whom it breaks, and what to change.
 *
 * @module
 */

import { runCommand } from "./cli.ts";

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
export type { Tokens } from "./checks/tokens.ts";
export { CATALOGUE, type Code } from "./findings/catalogue.ts";
export type { Entry } from "./findings/entry.ts";
export type { BrowserCode } from "./findings/browser.ts";
export type { ChallengeCode } from "./findings/challenge.ts";
export type { EndpointCode } from "./findings/endpoint.ts";
export type { MetadataCode } from "./findings/metadata.ts";
export type { ResourceCode } from "./findings/resource.ts";
export type { ServerCode } from "./findings/server.ts";
export type { TokenCode } from "./findings/tokens.ts";
export type { ProgramId } from "./clients/programs.ts";
export type { SdkId } from "./clients/sdks.ts";
export type {
  ChallengeReading,
  Client,
  GoesOnAfter,
  ResourceMetadataPlace,
  ServerMetadataPlace,
  Unknown,
} from "./clients/client.ts";
export { type ClientId, CLIENTS } from "./clients/clients.ts";
export { formatReport, type FormatReportOptions } from "./output/terminal.ts";
export { reportPage } from "./output/page.ts";
export { runCommand };

// The library has no types of a runtime's own.
if ((import.meta as { readonly main?: boolean }).main) runCommand();
