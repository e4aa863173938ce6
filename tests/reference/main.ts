/**
 * `deno task docs`: writes the documents that are made from others: docs/options.md and llms.txt.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, say } from "../runner/commands.ts";
import { generatedDocuments } from "./documents.ts";

for (const [file, text] of generatedDocuments()) {
  writeFileSync(join(ROOT, file), text);
  say(`wrote ${file}`);
}
