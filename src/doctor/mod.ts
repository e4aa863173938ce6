/**
 * Examines the OAuth of any live MCP server, whatever it is built with. The doctor sends the requests of each
 * generation of clients, and reports each problem with the violated clause, the clients that it breaks, and the fix.
 *
 * @module
 */

import { runCommand } from "./cli.ts";

export { examine, type ExamineOptions } from "./examine.ts";
export {
  type Clause,
  type DpopOffer,
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
export type { AgentId } from "./clients/agents.ts";
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
export { reportMarkdown } from "./output/markdown.ts";
export { reportPage } from "./output/page.ts";
export { runCommand };

// The library does not depend on the types of a runtime.
if ((import.meta as { readonly main?: boolean }).main) runCommand();
