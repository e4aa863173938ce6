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
import { pack } from "./npm.ts";
import { runtimes } from "./runtimes.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
}

const { name, version, exports }: Manifest = JSON.parse(
  readFileSync(join(ROOT, "deno.json"), "utf8"),
);

/** Every subpath of the package, as it is imported. */
const SUBPATHS: readonly string[] = Object.keys(exports).map((subpath) =>
  join(name, subpath)
);

const WORKER_CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "packed", worker = (
  compatibilityDate = "2026-01-01",
  modules = [(name = "worker", esModule = embed "worker.mjs")],
))]);
`;

/** Packs the package for npm, and imports it on Bun, Node and workerd; and for JSR, on Deno. */
export function checkPacked(published: readonly string[]): Outcome {
  return inTemporaryFolder((folder) => {
    const steps: readonly (() => Outcome)[] = [
      () => install(folder),
      ...runtimes().filter(({ name }) => /^(?:bun|node)/.test(name))
        .map(({ command }) => () =>
          run(command, ["program.js", ...SUBPATHS], { folder })
        ),
      () => onWorkerd(folder),
      () => onDeno(folder, published),
    ];
    for (const step of steps) {
      const outcome = step();
      if (!outcome.ok) return outcome;
    }
    return { ok: true, output: "" };
  });
}

/** What a user does with npm's package. */
function install(folder: string): Outcome {
  const tarball = join(folder, "package.tgz");
  const packed = pack(tarball);
  if (!packed.ok) return packed;
  cpSync(join(ROOT, "tests/runner/packed"), folder, { recursive: true });
  const manifest = {
    type: "module",
    dependencies: { [name]: "./package.tgz" },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  return run("npm", ["install", "--no-audit", "--no-fund"], { folder });
}

function onWorkerd(folder: string): Outcome {
  buildSync({
    absWorkingDir: folder,
    bundle: true,
    conditions: ["workerd", "worker", "browser"],
    entryPoints: ["worker.js"],
    format: "esm",
    logLevel: "silent",
    outfile: "worker.mjs",
  });
  writeFileSync(join(folder, "config.capnp"), WORKER_CONFIG);
  // Depending on who imports a CommonJS module, its default export is one level deeper.
  const { default: path = workerd } = workerd as { default?: unknown };
  return run(`${path}`, ["test", "config.capnp"], { folder });
}

/** What a user does with JSR's package, which is these files. */
function onDeno(folder: string, published: readonly string[]): Outcome {
  const project = join(folder, "deno");
  const source = join(project, "package");
  mkdirSync(source, { recursive: true });
  for (const file of published) {
    cpSync(join(ROOT, file), join(source, file), { recursive: true });
  }
  for (const programs of ["packed", "programs/deno"]) {
    cpSync(join(ROOT, "tests/runner", programs), project, { recursive: true });
  }
  const subpaths = SUBPATHS.map((subpath) => [
    subpath,
    `jsr:${name}@${version}${subpath.slice(name.length)}`,
  ]);
  writeFileSync(
    join(project, "deno.json"),
    JSON.stringify({
      links: ["./package"],
      nodeModulesDir: "none",
      imports: Object.fromEntries(subpaths),
      compilerOptions: { exactOptionalPropertyTypes: true },
    }),
  );
  const types = run(DENO, ["check", "server.ts"], { folder: project });
  if (!types.ok) return types;
  return run(DENO, ["run", "-A", "program.js", ...SUBPATHS], {
    folder: project,
  });
}
