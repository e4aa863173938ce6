/**
 * How large the library is, and how long it takes to import, beside jose.
 *
 * @module
 */
import { build, transform } from "esbuild";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { ROOT } from "../runner/commands.ts";
import type { Row } from "./measure.ts";

const ROUNDS = 15;

const ENTRIES = {
  jose: 'export { jwtVerify, createRemoteJWKSet } from "jose";',
  gatehouse: 'export * from "./mod.ts";',
  protectResource: 'export { protectResource } from "./mod.ts";',
} as const;

const NAMES: Readonly<Record<keyof typeof ENTRIES, string>> = {
  jose: "jose, verification with remote keys",
  gatehouse: "Gatehouse, whole",
  protectResource: "Gatehouse, protectResource alone",
};

/** The compressed size of each bundle, in bytes. */
export async function sizes(): Promise<readonly (readonly [string, number])[]> {
  return await Promise.all(
    (Object.keys(ENTRIES) as (keyof typeof ENTRIES)[]).map(async (name) =>
      [NAMES[name], gzipSync(await bundled(ENTRIES[name])).length] as const
    ),
  );
}

/** How long one runtime takes to import each, as shares of the first one's time. */
export async function importTimes(
  runtime: readonly string[],
  folder: string,
): Promise<Row[]> {
  const [command = "", ...args] = runtime;
  const { jose, gatehouse } = ENTRIES;
  const files = {
    "jose, as many files": join(ROOT, "node_modules/jose/dist/webapi/index.js"),
    "Gatehouse, as many files": await transpiled(join(folder, "gatehouse")),
    "jose, as one file": await written(join(folder, "jose.mjs"), jose),
    "Gatehouse, as one file": await written(
      join(folder, "gatehouse.mjs"),
      gatehouse,
    ),
  };
  const programs = Object.entries(files).map(([name, file], i) => {
    const program = join(folder, `time${i}.mjs`);
    writeFileSync(
      program,
      `const begin = performance.now();
await import(${JSON.stringify(file)});
console.log(performance.now() - begin);`,
    );
    return { name, program, times: [] as number[] };
  });
  for (let round = -2; round < ROUNDS; round++) {
    for (let i = 0; i < programs.length; i++) {
      const { program, times } = programs[(i + round + 2) % programs.length]!;
      const output = execFileSync(command, [...args, program], {
        encoding: "utf8",
      });
      if (round >= 0) times.push(Number(output));
    }
  }
  return programs.map(({ name, times }) => ({
    name,
    ratios: times.map((time, i) => time / programs[0]!.times[i]!),
  }));
}

/** The library's files without their types, as JSR hands them to users of npm. */
async function transpiled(folder: string): Promise<string> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    bundle: true,
    entryPoints: ["mod.ts"],
    metafile: true,
    outdir: folder,
    platform: "neutral",
    write: false,
  });
  if (outputFiles.length !== 1) throw new Error("Cannot follow the imports");
  for (const file of Object.keys(metafile.inputs)) {
    const { code } = await transform(readFileSync(join(ROOT, file), "utf8"), {
      loader: "ts",
    });
    const path = join(folder, file.replace(/\.ts$/, ".mjs"));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code.replace(/(from "[^"]*)\.ts"/g, '$1.mjs"'));
  }
  return join(folder, "mod.mjs");
}

async function written(path: string, code: string): Promise<string> {
  writeFileSync(path, await bundled(code));
  return path;
}

async function bundled(contents: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    bundle: true,
    conditions: ["browser"],
    format: "esm",
    logLevel: "warning",
    minify: true,
    platform: "neutral",
    stdin: { contents, loader: "ts", resolveDir: ROOT },
    write: false,
  });
  return outputFiles[0]!.contents;
}
