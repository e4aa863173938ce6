/**
 * What must hold besides the tests.
 *
 * @module
 */
import { buildSync } from "esbuild";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { DENO, type Outcome, ROOT, run, say } from "./commands.ts";
import { checkDocExamples } from "./doc_examples.ts";
import {
  checkPacked,
  checkPackedByDeno,
  checkPublishedFiles,
} from "./packed.ts";
import { checkFromGit, checkLibrary } from "./from_git.ts";
import { checkPrograms } from "./programs.ts";
import { installPackages } from "./runtimes.ts";
import { checkGeneratedDocuments } from "../reference/documents.ts";

export interface Check {
  readonly name: string;
  readonly check: () => Outcome;
}

/** The size of what a server imports, with all that it reaches, minified and compressed. */
const BUNDLE_BUDGETS: readonly (readonly [names: string, bytes: number])[] = [
  ["{ protectResource }", 28_000],
  ["*", 34_000],
];

/** Every file that JSR gets; where one ends with a slash, what is below it. */
const PUBLISHED: readonly string[] = [
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "deno.json",
  "mod.ts",
  "src/",
];

/** What tells of the machine it was written on: a folder of its own, or where it gets its packages. */
const MACHINE: readonly RegExp[] = [
  /(?<![\w.~-])\/(?:work|root|opt|home|Users)\/(?=[\w.])/,
  /\bregistry\.[\w-]+\.\w/,
];

const { exports } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));

export const CHECKS: readonly Check[] = [
  deno("the code is formatted", "fmt", "--check"),
  deno("the code has no lint", "lint"),
  {
    name: "bun.lock is what package.json asks for",
    check: installPackages,
  },
  deno("deno.lock is what deno.json asks for", "install", "--frozen"),
  deno("the types are right", "check", "--frozen", "."),
  // Alone: with a test beside it that imports a module of Node's, `process` and `Buffer` have types everywhere.
  deno("the core names no runtime", "check", "--frozen", "mod.ts"),
  deno(
    "every export is documented",
    "doc",
    "--lint",
    ...Object.values<string>(exports),
  ),
  { name: "the examples in the documents compile", check: checkDocExamples },
  {
    name: "generated files are up to date",
    check: checkGeneratedDocuments,
  },
  { name: "JSR gets what belongs in the package", check: checkPublished },
  {
    name: "what JSR gets works on Deno",
    check: () => checkPublishedFiles(PUBLISHED),
  },
  {
    name: "npm's package works on every runtime, the oldest included",
    check: checkPacked,
  },
  { name: "the package can be installed from git", check: checkFromGit },
  {
    name: "the package uses nothing that Node.js 20 lacks",
    check: checkLibrary,
  },
  { name: "deno pack makes a package that works", check: checkPackedByDeno },
  { name: "users' programs compile", check: checkPrograms },
  { name: "the bundles are within their budgets", check: checkBundle },
  { name: "no file tells of a machine", check: checkMachine },
];

function deno(name: string, ...args: string[]): Check {
  return { name, check: () => run(DENO, args) };
}

function checkPublished(): Outcome {
  const { ok, output } = run(DENO, ["publish", "--dry-run", "--allow-dirty"]);
  const root = pathToFileURL(ROOT).href;
  const files = [...output.matchAll(/^\s+(file:\S+) \([\d.]+\w+\)$/gm)]
    .map((match) => match[1]!.slice(root.length));
  const strange = files.filter((file) =>
    !PUBLISHED.some((name) =>
      file === name || name.endsWith("/") && file.startsWith(name)
    )
  );
  const missing = PUBLISHED.filter((name) =>
    !files.some((file) => file.startsWith(name))
  );
  return {
    ok: ok && strange.length + missing.length === 0,
    output: `${output}\nnot expected: ${strange}\nmissing: ${missing}`,
  };
}

function checkBundle(): Outcome {
  const sizes = BUNDLE_BUDGETS.map(([names, budget]) => {
    const { outputFiles } = buildSync({
      absWorkingDir: ROOT,
      bundle: true,
      conditions: ["browser"],
      format: "esm",
      logLevel: "silent",
      minify: true,
      platform: "neutral",
      stdin: { contents: `export ${names} from "./mod.ts"`, resolveDir: ROOT },
      write: false,
    });
    const bytes = gzipSync(outputFiles[0]!.contents).length;
    const line = `${names} of mod.ts: ${bytes} bytes of ${budget}`;
    say(line);
    return { ok: bytes <= budget, line };
  });
  return {
    ok: sizes.every(({ ok }) => ok),
    output: sizes.map(({ line }) => line).join("\n"),
  };
}

/** Looks at all that is committed, or could be. */
function checkMachine(): Outcome {
  const listed = run("git", [
    "ls-files",
    "--cached",
    "--others",
    "--exclude-standard",
  ]);
  const files = listed.output.trim().split("\n").filter((file) =>
    existsSync(join(ROOT, file))
  );
  const found = files.flatMap((file) =>
    readFileSync(join(ROOT, file), "utf8").split("\n").flatMap((line, i) =>
      MACHINE.some((pattern) => pattern.test(line))
        ? [`${file}:${i + 1}: ${line.trim()}`]
        : []
    )
  );
  return {
    ok: listed.ok && found.length === 0,
    output: listed.ok ? found.join("\n") : listed.output,
  };
}
