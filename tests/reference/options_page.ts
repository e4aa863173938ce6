/**
 * docs/options.md.
 *
 * @module
 */
import { DENO, inTemporaryFolder, run } from "../runner/commands.ts";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type EntryPoint,
  type Member,
  type OptionType,
  readOptions,
} from "./option_types.ts";

const HEAD = `# Options

Every option of every function, from the doc comments. \`deno task docs\` writes
this page, and \`deno task ok\` checks that it is up to date.

An option with a question mark can be left out. An option that is misspelt or
cannot work throws a \`TypeError\` that says what to change.`;

/** Writes the page. */
export function optionsPage(): string {
  const entries = readOptions();
  const anchors = anchorsOf(entries);
  return formatted(
    [HEAD, contents(entries, anchors), ...entries.map(section)].join("\n\n"),
  );

  function section({ specifier, types }: EntryPoint): string {
    const parts = types.map((type) => typeSection(type, specifier));
    return [`## ${specifier}`, ...parts].join("\n\n");
  }

  function typeSection(type: OptionType, specifier: string): string {
    const { name, doc, written, members } = type;
    const is = members.length === 0 ? "" : "With the members of ";
    return [
      `### ${name}`,
      prose(doc),
      written === "" ? "" : `${is}${code(written)}.${seen(written)}`,
      members.map(row).join("\n"),
    ].filter((part) => part !== "").join("\n\n");

    function linked(name: string): string {
      const anchor = anchors.get(`${specifier} ${name}`) ??
        anchors.get(`${entries[0]!.specifier} ${name}`);
      return anchor === undefined ? code(name) : `[${name}](#${anchor})`;
    }

    function seen(type: string): string {
      const names = new Set(type.match(/\b[A-Z]\w+/g) ?? []);
      const links = [...names].map(linked).filter((link) =>
        link.startsWith("[")
      );
      return links.length === 0 ? "" : ` See ${links.join(", ")}.`;
    }

    function row({ name, isOptional, type, doc }: Member): string {
      const option = `${name}${isOptional ? "?" : ""}`;
      return `- **\`${option}\`**: ${code(type)}. ${prose(doc)}${seen(type)}`;
    }
  }
}

function contents(
  entries: readonly EntryPoint[],
  anchors: ReadonlyMap<string, string>,
): string {
  return entries.map(({ specifier, types }) =>
    `- [\`${specifier}\`](#${anchorOf(specifier)}): ${
      types.filter(({ name }) => /Options$/.test(name))
        .map(({ name }) => `[${name}](#${anchors.get(`${specifier} ${name}`)})`)
        .join(", ")
    }`
  ).join("\n");
}

/** The anchor of each heading, by its entry point and name: GitHub numbers those that occur twice. */
function anchorsOf(
  entries: readonly EntryPoint[],
): ReadonlyMap<string, string> {
  const used = new Map<string, number>();
  const unique = (heading: string): string => {
    const anchor = anchorOf(heading);
    const count = used.get(anchor) ?? 0;
    used.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  };
  unique("Options");
  return new Map(entries.flatMap(({ specifier, types }) => {
    unique(specifier);
    return types.map(({ name }) =>
      [`${specifier} ${name}`, unique(name)] as const
    );
  }));
}

function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-");
}

/** A doc comment's text as Markdown: its links are JSDoc's. */
function prose(doc: string): string {
  return doc.replace(/\{@linkcode (\S+)\}/g, "`$1`")
    .replace(/\{@link\s+(\S+?)\s*\|\s*([^}]+)\}/g, "[$2]($1)")
    .replace(/\s+/g, " ");
}

function code(text: string): string {
  return `\`${text}\``;
}

function formatted(markdown: string): string {
  return inTemporaryFolder((folder) => {
    const path = join(folder, "options.md");
    writeFileSync(path, `${markdown}\n`);
    const { ok, output } = run(DENO, ["fmt", "--quiet", path]);
    if (!ok) throw new Error(output);
    return readFileSync(path, "utf8");
  });
}
