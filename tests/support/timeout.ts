/**
 * How long a test may wait for something that never comes. A test that hangs is named then; by itself, it would hold
 * up the run until that is killed.
 *
 * @module
 */

/** In milliseconds. No test that keeps its promise takes a tenth of it. */
export const timeout = 20_000;
