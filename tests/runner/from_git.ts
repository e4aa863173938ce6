/**
 * The package as npm builds it: from this repository by git, and with nothing that the oldest Node.js lacks.
 *
 * @module
 */
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inTemporaryFolder, type Outcome, ROOT, run } from "./commands.ts";
import { firstFailure, SUBPATHS } from "./packed.ts";

/** TypeScript's error for what a newer library has: "Do you need to change your target library?" */
const NEWER_LIBRARY = /error TS2550:/;

/** Installs a commit of all that is committed here, or could be, and imports every subpath. */
export function checkFromGit(): Outcome {
  return inTemporaryFolder((folder) => {
    const repository = join(folder, "repository");
    const git = (...args: string[]) => (): Outcome =>
      run("git", ["-C", repository, ...args]);
    const author = ["user.name=tests", "user.email=tests@example.com"]
      .flatMap((setting) => ["-c", setting]);
    const source = `git+${pathToFileURL(repository).href}`;
    return firstFailure([
      () => copyRepository(repository),
      git("init", "--quiet"),
      git("add", "--all"),
      git(...author, "commit", "--quiet", "--message", "all"),
      () => {
        cpSync(join(ROOT, "tests/runner/packed"), folder, { recursive: true });
        writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
        return run("npm", ["install", "--no-audit", "--no-fund", source], {
          folder,
        });
      },
      () => run("node", ["program.js", ...SUBPATHS], { folder }),
      () => run("npx", ["--no", "gatehouse", "--version"], { folder }),
    ]);
  });
}

function copyRepository(to: string): Outcome {
  mkdirSync(to);
  const flags = ["--cached", "--others", "--exclude-standard"];
  const listed = run("git", ["ls-files", ...flags]);
  for (const file of listed.output.trim().split("\n")) {
    const from = join(ROOT, file);
    if (existsSync(from)) cpSync(from, join(to, file));
  }
  return listed;
}

/** Looks up what the sources use in the library that npm/tsconfig.json names. */
export function checkLibrary(): Outcome {
  const tsc = "node_modules/typescript/bin/tsc";
  const flags = ["--noEmit", "--noCheck", "false", "--pretty", "false"];
  const { output } = run("node", [tsc, "-p", "npm", ...flags]);
  // Without the types of runtimes there are other errors, which are Deno's to judge.
  const newer = output.split("\n").filter((line) => NEWER_LIBRARY.test(line));
  const compiled = /error TS\d+:/.test(output);
  return {
    ok: compiled && newer.length === 0,
    output: compiled ? newer.join("\n") : `the compiler did not run: ${output}`,
  };
}
