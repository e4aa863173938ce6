/**
 * A rule of a specification.
 *
 * @module
 */

/** Where a rule is written. */
export interface Clause {
  /** Such as `RFC 9728 §3.3`. */
  readonly text: string;
  /** Its place on the web. */
  readonly url: string;
}
