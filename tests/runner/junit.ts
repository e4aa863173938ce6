/**
 * The JUnit reports of Deno, Bun and Node, read as one: the only format that all three write.
 *
 * @module
 */
import type { Tally } from "./commands.ts";

/** One test: a leaf, never the group around it. */
export interface TestResult {
  /** As the runner was given it, relative to where it ran. */
  readonly file: string;
  /** With the names of the groups around it before it, ` > ` between. */
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
}

/** How the name of a test begins that passes by having nothing to judge. Nobody shall take that for a verdict. */
export const NOT_JUDGED = "NOT JUDGED";

/** Whether a test has passed without a verdict. */
export function isUnjudged({ name, outcome }: TestResult): boolean {
  return outcome === "passed" && name.startsWith(NOT_JUDGED);
}

/** Counts the verdicts. What was skipped has failed. */
export function tallyOf(results: readonly TestResult[]): Tally {
  const verdicts = results.filter((result) => !isUnjudged(result));
  const passed = verdicts.filter(({ outcome }) => outcome === "passed").length;
  return { passed, failed: verdicts.length - passed };
}

interface TestCase {
  readonly suites: readonly string[];
  readonly name: string;
  readonly file: string | undefined;
  outcome: TestResult["outcome"];
}

const TAG =
  /<(\/?)(testsuite|testcase|failure|error|skipped)\b((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>/g;

/** Reads a report. `toPath` makes a runner's name for a file the caller's. */
export function parseJunit(
  xml: string,
  toPath: (file: string) => string,
): TestResult[] {
  const cases = testCases(xml);
  const groups = denoGroups(cases);
  return cases.flatMap(({ suites, name, file, outcome }) => {
    // Deno names the file in the suite, and the groups in the test's own name.
    const [suite = ""] = suites;
    if (file === undefined) {
      if (groups.has(name)) return [];
      const group = groups.get(name.split(" > ")[0]!);
      return [{ file: toPath(group ?? suite), name, outcome }];
    }
    const path = toPath(file);
    // Node reports a file that has no test as a test that has the file's name.
    if (toPath(name) === path && outcome === "passed") return [];
    const parents = suites.filter((parent) => toPath(parent) !== path);
    return [{ file: path, name: [...parents, name].join(" > "), outcome }];
  });
}

function testCases(xml: string): TestCase[] {
  const cases: TestCase[] = [];
  const suites: string[] = [];
  for (const [, closing, tag, rest = "", selfClosing] of xml.matchAll(TAG)) {
    const { name = "", file } = attributes(rest);
    if (tag === "testsuite") {
      if (closing) suites.pop();
      else if (!selfClosing) suites.push(name);
    } else if (tag === "testcase") {
      if (!closing) {
        cases.push({ suites: [...suites], name, file, outcome: "passed" });
      }
    } else {
      const last = cases.at(-1);
      if (last !== undefined) {
        last.outcome = tag === "skipped" ? "skipped" : "failed";
      }
    }
  }
  return cases;
}

/**
 * Deno's groups (`describe()`) and the files they are in. It reports a group as a test of its file, and
 * what is in the group as tests of a module of its own.
 */
function denoGroups(cases: readonly TestCase[]): Map<string, string> {
  const inGroups = cases.filter(({ suites }) => suites[0]?.startsWith("ext:"));
  const groups = inGroups.flatMap(({ name }) => {
    const parts = name.split(" > ");
    return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join(" > "));
  });
  return new Map(groups.map((group) => {
    const outermost = group.split(" > ")[0];
    const found = cases.find(({ suites, name }) =>
      name === outermost && !suites[0]?.startsWith("ext:")
    );
    return [group, found?.suites[0] ?? ""];
  }));
}

function attributes(text: string): Record<string, string> {
  const pairs = text.matchAll(/([\w:-]+)="([^"]*)"/g);
  return Object.fromEntries(
    [...pairs].map(([, name, value]) => [name, unescape(value!)]),
  );
}

/** Node escapes a quotation mark twice, so this goes on until nothing is left to undo. */
function unescape(text: string): string {
  const plain = text
    .replace(
      /&#(x?)([0-9a-f]+);/gi,
      (_, hex, digits) => String.fromCodePoint(parseInt(digits, hex ? 16 : 10)),
    )
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
  return plain === text ? text : unescape(plain);
}
