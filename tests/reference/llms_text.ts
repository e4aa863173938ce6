/**
 * llms.txt: the table of contents of docs/README.md, in the form of https://llmstxt.org.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { ROOT } from "../runner/commands.ts";

/** A list item of the table of contents: one link, and a description that may go on in the next lines. */
const ITEM = /^\[([^\]]+)\]\(([^)]+)\): ([^]+)$/;

/** Writes it: the name, one sentence, and the links by section, relative to the root. */
export function llmsText(): string {
  const toc = read("docs/README.md");
  const [, summary = ""] = /^# .+\n\n([^]+?)\n\n/.exec(read("README.md")) ?? [];
  const sections = toc.split(/^## /m).slice(1).map((section) => {
    const items = section.split(/^- /m).slice(1).map((item) => {
      const [, title, link, about] = ITEM.exec(item)!;
      return `- [${title}](${posix.join("docs", link!)}): ${oneLine(about!)}`;
    });
    return `## ${section.split("\n", 1)[0]}\n\n${items.join("\n")}\n`;
  });
  return [
    `# Gatehouse\n\n> ${oneLine(summary)}\n`,
    ...sections,
  ].join("\n");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}
