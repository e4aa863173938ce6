/**
 * The package's types as its users' compilers see them: the programs of tests/runner/programs, compiled against the
 * packed package by TypeScript and by Deno. Lines that must not compile are marked `@ts-expect-error`.
 *
 * @module
 */
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { inTemporaryFolder, type Outcome, ROOT, run } from "./commands.ts";
import { installLocked, pack } from "./npm.ts";

const FOLDER = join(ROOT, "tests/runner/programs");
const PACKAGE = "node_modules/@gatehouse/mcp-auth";

/** A file that imports every subpath. It is not a program of a platform's, and must compile for each resolution. */
const SUBPATHS = "node_modules/subpaths.ts";

/** How compilers find a package's types. All declarations are checked once. */
const RESOLUTIONS: readonly (readonly string[])[] = [
  ["--module", "nodenext"],
  ["--module", "node16", "--skipLibCheck"],
  ["--module", "esnext", "--moduleResolution", "bundler", "--skipLibCheck"],
];

/** Compiles each platform's programs by its own tsconfig.json, and what every subpath exports. */
export function checkPrograms(): Outcome {
  const projects = globSync("*/tsconfig.json", { cwd: FOLDER }).map(dirname);
  const steps: readonly (() => Outcome)[] = [
    () => installLocked(FOLDER),
    unpack,
    ...projects.map((project) => () => compile(["-p", project])),
    ...RESOLUTIONS.map((flags) => () =>
      compile([
        ...["--noEmit", "--strict", "--target", "esnext", "--types", "node"],
        ...flags,
        SUBPATHS,
      ])
    ),
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
    writeFileSync(join(FOLDER, SUBPATHS), importsOfSubpaths());
    const into = ["-C", place, "--strip-components", "1"];
    return run("tar", ["-xzf", tarball, ...into]);
  });
}

function importsOfSubpaths(): string {
  const { name, exports } = JSON.parse(
    readFileSync(join(ROOT, "deno.json"), "utf8"),
  );
  return Object.keys(exports).map((subpath, i) =>
    `export * as _${i} from "${name}${subpath.slice(1)}";\n`
  ).join("");
}

/** Runs the compiler. Other packages' declarations have errors of their own, which are not ours to mend. */
function compile(args: readonly string[]): Outcome {
  const tsc = "node_modules/typescript/bin/tsc";
  const { ok, output } = run(
    "node",
    [tsc, "--pretty", "false", ...args],
    {
      folder: FOLDER,
    },
  );
  if (!existsSync(join(FOLDER, tsc)) || ok) return { ok, output };
  const errors = output.split(/\n(?=\S)/).filter((error) =>
    error.trim() !== "" &&
    (!error.startsWith("node_modules/") || error.startsWith(PACKAGE) ||
      error.startsWith(SUBPATHS))
  );
  return { ok: errors.length === 0, output: errors.join("\n") };
}
