/**
 * What is known beforehand of one kind of finding.
 *
 * @module
 */

import type { ClientId } from "../clients/clients.ts";
import type { Clause } from "./clause.ts";
import type { Severity } from "./severity.ts";

/** What is known of a kind of finding beforehand. */
export interface Entry {
  /** How bad it is. */
  readonly severity: Severity;
  /** The part of the report that it belongs to, if it is no fault: a good server may have it. Default: the findings. */
  readonly part?: "advice" | undefined;
  /** What it is, in words. */
  readonly title: string;
  /** The rule it comes from. */
  readonly clause: Clause;
  /** The clients that it breaks. Empty where it breaks none that is known, or is not about clients. */
  readonly clients: readonly ClientId[];
  /** What to change. */
  readonly advice: string;
}
