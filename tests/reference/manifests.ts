/**
 * package.json, jsr.json and tsconfig.json, which repeat deno.json's name, version and exports in their own way.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../runner/commands.ts";
import { OLDEST_VERSIONS } from "../runner/runtimes.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
}

/** What JSR's own tool reads. */
export function jsrManifest(): string {
  const { name, version, license, exports } = read("deno.json");
  return written({ name, version, license, exports });
}

/** npm's manifest: exports as npm/build.js builds them; all else is as it was. */
export function npmManifest(): string {
  const { name, version, license, exports } = read("deno.json");
  const engines = Object.entries(OLDEST_VERSIONS).map(([runtime, oldest]) => [
    runtime,
    `>=${oldest}`,
  ]);
  return written({
    ...read("package.json"),
    name,
    version,
    license,
    engines: Object.fromEntries(engines),
    exports: {
      ...Object.fromEntries(
        Object.entries(exports).map(([path, file]) => [path, targets(file)]),
      ),
      "./package.json": "./package.json",
    },
  });
}

/** Where Bun and esbuild find this package's sources in a clone: they prefer it to package.json's exports. */
export function typescriptConfig(): string {
  const { name, exports } = read("deno.json");
  const paths = Object.entries(exports)
    .map(([path, file]) => [name + path.slice(1), [file]]);
  return written({ compilerOptions: { paths: Object.fromEntries(paths) } });
}

/** TypeScript takes the first condition that it knows, so the types are first. */
function targets(source: string): Readonly<Record<string, string>> {
  const built = source.replace(/^\.\/(.*)\.ts$/, "./dist/$1");
  return {
    "types": `${built}.d.ts`,
    // Node.js in a clone, with --conditions gatehouse-source.
    "gatehouse-source": source,
    "default": `${built}.js`,
  };
}

function read(file: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, file), "utf8"));
}

function written(manifest: object): string {
  const text = JSON.stringify(manifest, null, 2);
  // As the formatter has it: a list of one on one line.
  return `${text.replace(/\[\n\s+("[^"]+")\n\s+\]/g, "[$1]")}\n`;
}
