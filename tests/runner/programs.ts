/**
 * The package's types as its users' compilers see them: the programs of tests/runner/programs, compiled against the
 * packed package by TypeScript and by Deno. Lines that must not compile are marked `@ts-expect-error`.
 *
 * @module
 */
import { existsSync, globSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { inTemporaryFolder, type Outcome, ROOT, run } from "./commands.ts";
import { installLocked, pack } from "./npm.ts";

const FOLDER = join(ROOT, "tests/runner/programs");
const PACKAGE = "node_modules/@gatehouse/mcp-auth";

/** Compiles each platform's programs by its own tsconfig.json. */
export function checkPrograms(): Outcome {
  const projects = globSync("*/tsconfig.json", { cwd: FOLDER }).map(dirname);
  const steps: readonly (() => Outcome)[] = [
    () => installLocked(FOLDER),
    unpack,
    ...projects.map((project) => () => compile(project)),
  ];
  for (const step of steps) {
    const outcome = step();
    if (!outcome.ok) return outcome;
  }
  return { ok: true, output: "" };
}

/** Puts the packed package where the programs find it. */
function unpack(): Outcome {
  return inTemporaryFolder((folder) => {
    const tarball = join(folder, "package.tgz");
    const packed = pack(tarball);
    if (!packed.ok) return packed;
    const place = join(FOLDER, PACKAGE);
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    const into = ["-C", place, "--strip-components", "1"];
    return run("tar", ["-xzf", tarball, ...into]);
  });
}

/** Compiles a project. Other packages' declarations have errors of their own, which are not ours to mend. */
function compile(project: string): Outcome {
  const tsc = "node_modules/typescript/bin/tsc";
  const { ok, output } = run(
    "node",
    [tsc, "--pretty", "false", "-p", project],
    {
      folder: FOLDER,
    },
  );
  if (!existsSync(join(FOLDER, tsc)) || ok) return { ok, output };
  const errors = output.split(/\n(?=\S)/).filter((error) =>
    error.trim() !== "" &&
    (!error.startsWith("node_modules/") || error.startsWith(PACKAGE))
  );
  return { ok: errors.length === 0, output: errors.join("\n") };
}
