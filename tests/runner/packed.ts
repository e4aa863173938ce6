/**
 * The package as its users get it: packed, installed where nothing of this repository is, and imported on each runtime.
 *
 * @module
 */
import { buildSync } from "esbuild";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import workerd from "workerd";
import {
  DENO,
  inTemporaryFolder,
  type Outcome,
  ROOT,
  run,
} from "./commands.ts";
import { pack, type Packer } from "./npm.ts";
import { oldestRuntimes, runtimes } from "./runtimes.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
}

const { name, version, exports }: Manifest = JSON.parse(
  readFileSync(join(ROOT, "deno.json"), "utf8"),
);

/** Every subpath of the package, as it is imported. */
export const SUBPATHS: readonly string[] = Object.keys(exports).map((subpath) =>
  join(name, subpath)
);

/** What a Worker has no use for. Bundlers put Node's modules into one that imports these. */
const NOT_ON_WORKERS: readonly string[] = ["cli", "dev-issuer", "express"];

const WORKER_CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "packed", worker = (
  compatibilityDate = "2026-01-01",
  modules = [(name = "worker", esModule = embed "worker.mjs")],
))]);
`;

/** Packs the package for npm, and imports it on each runtime, the oldest of each included, and on workerd. */
export function checkPacked(): Outcome {
  return inTemporaryFolder((folder) =>
    firstFailure([
      () => install(folder, "npm"),
      ...[...runtimes(), ...oldestRuntimes()]
        .filter(({ name }) => !name.startsWith("workerd"))
        .map((runtime) => () => tryOut(folder, runtime)),
      () => onWorkerd(folder),
    ])
  );
}

/** Packs the package by `deno pack`, and imports it on Node.js. */
export function checkPackedByDeno(): Outcome {
  return inTemporaryFolder((folder) =>
    firstFailure([
      () => install(folder, "deno"),
      () => run("node", ["program.js", ...SUBPATHS], { folder }),
    ])
  );
}

/** What JSR gets, which is these files, on Deno. */
export function checkPublishedFiles(published: readonly string[]): Outcome {
  return inTemporaryFolder((folder) => onDeno(folder, published));
}

/** The first step that fails ends them all. */
export function firstFailure(steps: readonly (() => Outcome)[]): Outcome {
  for (const step of steps) {
    const outcome = step();
    if (!outcome.ok) return outcome;
  }
  return { ok: true, output: "" };
}

/** What a user does with a package from npm. */
function install(folder: string, packer: Packer): Outcome {
  const packed = pack(join(folder, "package.tgz"), packer);
  if (!packed.ok) return packed;
  cpSync(join(ROOT, "tests/runner/packed"), folder, { recursive: true });
  const manifest = {
    type: "module",
    dependencies: { [name]: "./package.tgz" },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  return run("npm", ["install", "--no-audit", "--no-fund"], { folder });
}

/** Imports every subpath, and runs the command. */
function tryOut(
  folder: string,
  { name: runtime, command }: {
    readonly name: string;
    readonly command: string;
  },
): Outcome {
  const flags = runtime.startsWith("deno") ? ["run", "-A"] : [];
  const bin = join("node_modules", name, "dist/src/cli/bin.js");
  const { ok, output } = firstFailure([
    () => run(command, [...flags, "program.js", ...SUBPATHS], { folder }),
    // Its options are read by a function that older runtimes lack.
    () => run(command, [...flags, bin, "doctor", "--help"], { folder }),
    () => run(command, [...flags, bin, "gateway", "--help"], { folder }),
  ]);
  return { ok, output: `${runtime}: ${output}` };
}

function onWorkerd(folder: string): Outcome {
  const subpaths = SUBPATHS.filter((subpath) =>
    !NOT_ON_WORKERS.includes(subpath.slice(name.length + 1))
  );
  writeFileSync(
    join(folder, "subpaths.js"),
    subpaths.map((subpath, i) => `export * as _${i} from "${subpath}";\n`)
      .join(""),
  );
  buildSync({
    absWorkingDir: folder,
    bundle: true,
    conditions: ["workerd", "worker", "browser"],
    entryPoints: ["worker.js"],
    external: ["node:*"],
    format: "esm",
    logLevel: "silent",
    outfile: "worker.mjs",
  });
  writeFileSync(join(folder, "config.capnp"), WORKER_CONFIG);
  // Depending on who imports a CommonJS module, its default export is one level deeper.
  const { default: path = workerd } = workerd as { default?: unknown };
  return run(`${path}`, ["test", "config.capnp"], { folder });
}

function onDeno(folder: string, published: readonly string[]): Outcome {
  const source = join(folder, "package");
  mkdirSync(source, { recursive: true });
  for (const file of published) {
    cpSync(join(ROOT, file), join(source, file), { recursive: true });
  }
  for (const programs of ["packed", "programs/deno"]) {
    cpSync(join(ROOT, "tests/runner", programs), folder, { recursive: true });
  }
  const subpaths = SUBPATHS.map((subpath) => [
    subpath,
    `jsr:${name}@${version}${subpath.slice(name.length)}`,
  ]);
  writeFileSync(
    join(folder, "deno.json"),
    JSON.stringify({
      links: ["./package"],
      nodeModulesDir: "none",
      imports: Object.fromEntries(subpaths),
      compilerOptions: { exactOptionalPropertyTypes: true },
    }),
  );
  return firstFailure([
    () => run(DENO, ["check", "server.ts"], { folder }),
    () => run(DENO, ["run", "-A", "program.js", ...SUBPATHS], { folder }),
  ]);
}
