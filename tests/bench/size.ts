/**
 * How large the library is, and how long it takes to import, beside jose.
 *
 * @module
 */
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ROOT } from "../commands.ts";
import type { Row } from "./measure.ts";

const ROUNDS = 15;

const ENTRIES: Readonly<Record<string, string>> = {
  "jose, verification with remote keys":
    'export { jwtVerify, createRemoteJWKSet } from "jose";',
  "jose, whole": 'export * from "jose";',
  "Gatehouse": 'export * from "./mod.ts";',
};

/** The compressed size of each bundle, in bytes. */
export async function sizes(): Promise<readonly (readonly [string, number])[]> {
  return await Promise.all(
    Object.entries(ENTRIES).map(async ([name, code]) =>
      [name, gzipSync(await bundled(code)).length] as const
    ),
  );
}

/** How long one runtime takes to import each bundle, as shares of the first one's time. */
export async function importTimes(
  runtime: readonly string[],
  folder: string,
): Promise<Row[]> {
  const [command = "", ...args] = runtime;
  const programs = await Promise.all(
    Object.entries(ENTRIES).map(async ([name, code], i) => {
      const file = join(folder, `import${i}.mjs`);
      writeFileSync(file, await bundled(code));
      const program = join(folder, `time${i}.mjs`);
      writeFileSync(
        program,
        `const begin = performance.now();
await import("./import${i}.mjs");
console.log(performance.now() - begin);`,
      );
      return { name, program, times: [] as number[] };
    }),
  );
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
