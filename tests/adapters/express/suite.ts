/**
 * The promises of the Express middleware, for each major version of Express: tests/adapters runs it with Express 5, and
 * tests/clients with Express 4.
 *
 * @module
 */
import type { Express, Promised } from "./app.ts";
import { bodyTests } from "./bodies.ts";
import { placeTests } from "./places.ts";
import { responseTests } from "./responses.ts";

export type { Express };

/** The tests for one version. */
export function expressSuite(
  name: string,
  express: Express,
): readonly Promised[] {
  return [placeTests, bodyTests, responseTests]
    .flatMap((tests) => tests(name, express));
}
