/** The documents find each other: the table of contents is complete, and every link between files leads somewhere. */
import { assertEquals } from "@std/assert";
import { existsSync, globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";

const ROOT = new URL("../", import.meta.url);

const files = ["*.md", "docs/**/*.md", "llms.txt"]
  .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .map((file) => file.replaceAll("\\", "/"));

test("docs/README.md lists every page once", () => {
  const pages = files.filter((file) =>
    file.startsWith("docs/") && file !== "docs/README.md"
  );
  const listed = linksIn("docs/README.md")
    .filter(({ path }) => path.startsWith("docs/"))
    .map(({ path }) => path);
  assertEquals(listed.sort(), pages.sort());
});

for (const file of files) {
  test(`${file}: links to files and headings lead somewhere`, () => {
    const broken = linksIn(file).filter(({ path, anchor }) =>
      !existsSync(new URL(path, ROOT)) ||
      anchor !== "" && path.endsWith(".md") && !anchorsIn(path).has(anchor)
    );
    assertEquals(broken, []);
  });
}

interface Link {
  /** Relative to the root. */
  readonly path: string;
  /** Empty if it names none. */
  readonly anchor: string;
}

/** The links that are not URLs. */
function linksIn(file: string): Link[] {
  const targets = withoutCode(file)
    .matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm);
  return [...targets].map((match) => match[1] ?? match[2]!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path, anchor = ""] = target.split("#");
      return {
        path: path === "" ? file : posix.join(posix.dirname(file), path!),
        anchor,
      };
    });
}

/** The anchors that GitHub gives to headings: a heading that occurs again gets a number. */
function anchorsIn(file: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading] of withoutCode(file).matchAll(/^#+ (.+)$/gm)) {
    const anchor = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase().replace(/[^\w -]/g, "").trim().replaceAll(" ", "-");
    let unique = anchor;
    for (let i = 1; anchors.has(unique); i++) unique = `${anchor}-${i}`;
    anchors.add(unique);
  }
  return anchors;
}

function withoutCode(file: string): string {
  return readFileSync(new URL(file, ROOT), "utf8")
    .replace(/^( *)```.*\n[^]*?^\1```$/gm, "");
}
