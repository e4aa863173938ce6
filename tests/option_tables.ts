/**
 * The tables of options in the documents, from the doc comments: `deno run -A tests/option_tables.ts` writes them.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ROOT } from "./runner/commands.ts";

/** An interface, and the document that has its table, between the marks `<!-- Name -->` and `<!-- /Name -->`. */
export const TABLES: Readonly<
  Record<string, { readonly source: string; readonly document: string }>
> = {
  OAuthBridgeOptions: {
    source: "src/bridge/options.ts",
    document: "docs/bridge.md",
  },
  ForwardOptions: {
    source: "src/gateway/options.ts",
    document: "docs/gateway.md",
  },
};

/** A member with its doc comment. */
const MEMBER = /^ {2}\/\*\*((?:(?!\*\/)[^])+)\*\/\n {2}readonly (\w+)(\??):/gm;

/** A row for each option: its name, its default, and what it means. */
export function optionRows(name: string): string[][] {
  const source = read(TABLES[name]!.source);
  const body = new RegExp(`^export interface ${name} \\{\\n([^]*?)^\\}$`, "m")
    .exec(source)?.[1] ?? "";
  return [...body.matchAll(MEMBER)].map(
    ([, comment = "", member, optional]) => {
      const text = comment.replace(/\n *\*|\s+/g, " ").replace(/ +/g, " ")
        .replace(/\{@linkcode (\S+)\}/g, "`$1`").replaceAll("|", "\\|").trim();
      const [meaning = "", byDefault] = text.split(" Default: ");
      if ((byDefault === undefined) === (optional === "?")) {
        throw new Error(`${name}.${member}: end its comment with its default`);
      }
      return [
        `\`${member}\``,
        byDefault?.replace(/\.$/, "") ?? "required",
        meaning,
      ];
    },
  );
}

/** The rows that the document has, and the text around the table. */
export function documented(
  name: string,
): {
  readonly rows: string[][];
  readonly before: string;
  readonly after: string;
} {
  const text = read(TABLES[name]!.document);
  const [before, rest = ""] = text.split(`<!-- ${name} -->`);
  const [table = "", after] = rest.split(`<!-- /${name} -->`);
  if (after === undefined) {
    throw new Error(`${TABLES[name]!.document} has no marks for ${name}`);
  }
  const rows = table.trim().split("\n").slice(2).map((row) =>
    row.trim().slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim())
  );
  return { rows, before: before!, after };
}

function write(name: string): void {
  const { before, after } = documented(name);
  const rows = [["option", "default", "meaning"], ["-", "-", "-"]]
    .concat(optionRows(name)).map((row) => `| ${row.join(" | ")} |`);
  writeFileSync(
    join(ROOT, TABLES[name]!.document),
    `${before}<!-- ${name} -->\n\n${
      rows.join("\n")
    }\n\n<!-- /${name} -->${after}`,
  );
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of Object.keys(TABLES)) write(name);
}
