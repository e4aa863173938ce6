/**
 * `deno task docs`: writes the files that are made from others: docs/options.md, llms.txt, and the manifests.
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
