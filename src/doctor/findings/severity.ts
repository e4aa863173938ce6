/**
 * How bad a finding is.
 *
 * @module
 */

/**
 * How bad it is. `error`: a client of today cannot sign in, or tokens are not safe. `warning`: some clients cannot
 * sign in, or a rule is broken that a client may insist on any day. `note`: worth knowing.
 */
export type Severity = "error" | "warning" | "note";

/** The worst first. */
export const SEVERITIES: readonly Severity[] = ["error", "warning", "note"];
