/** The Express middleware with Express 4. */
import { test } from "node:test";
import { type Express, expressSuite } from "../adapters/express/suite.ts";
import { TIMEOUT_MILLISECONDS as timeout } from "./notes.ts";
import { peer } from "./peers.ts";

const { default: express } = await peer<{ default: Express }>("express-4");

for (const { name, run } of expressSuite("Express 4", express)) {
  test(name, { timeout }, run);
}
