/**
 * The files that are made from others, and whether they are up to date.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, ROOT } from "../runner/commands.ts";
import { llmsText } from "./llms_text.ts";
import { jsrManifest, npmManifest, typescriptConfig } from "./manifests.ts";
import { optionsPage } from "./options_page.ts";

/** Each file, and what it has to contain. */
export function generatedDocuments(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/options.md", optionsPage()],
    ["llms.txt", llmsText()],
    ["jsr.json", jsrManifest()],
    ["package.json", npmManifest()],
    ["tsconfig.json", typescriptConfig()],
  ]);
}

/** Fails if the doc comments, docs/README.md or deno.json have changed since. */
export function checkGeneratedDocuments(): Outcome {
  const old = [...generatedDocuments()]
    .filter(([file, text]) => readFileSync(join(ROOT, file), "utf8") !== text)
    .map(([file]) => file);
  return {
    ok: old.length === 0,
    output: `not up to date, write them with deno task docs: ${old}`,
  };
}
