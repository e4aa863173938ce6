/**
 * From a Worker's program and its wrangler.jsonc to workerd, which runs it.
 *
 * @module
 */

import { build } from "esbuild";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import workerd from "workerd";

/** What is read of wrangler.jsonc. */
export interface WranglerConfig {
  readonly main: string;
  readonly compatibility_date: string;
  readonly compatibility_flags?: readonly string[];
  readonly durable_objects?: {
    readonly bindings: readonly {
      readonly name: string;
      readonly class_name: string;
    }[];
  };
}

/** The repository's top folder. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** Reads a wrangler.jsonc, whose comments have lines of their own. */
export function readConfig(path: string): WranglerConfig {
  return JSON.parse(readFileSync(path, "utf8").replace(/^\s*\/\/.*$/gm, ""));
}

/** Makes one module of a program, as Wrangler would. */
export async function bundle(program: string, outfile: string): Promise<void> {
  const packages = packagesOf(program);
  await build({
    alias: sources(),
    bundle: true,
    conditions: ["workerd", "worker", "browser"],
    entryPoints: [program],
    // The last is for agents that write mail, and wants more of Node.
    external: ["cloudflare:*", "node:*", "mimetext"],
    format: "esm",
    logLevel: "error",
    mainFields: ["browser", "module", "main"],
    nodePaths: [packages],
    outfile,
    platform: "neutral",
    target: "esnext",
  });
}

/** Where this repository has what the subpaths of its package name. Elsewhere it would be one of the packages. */
function sources(): Record<string, string> {
  const { name, exports } = JSON.parse(
    readFileSync(join(ROOT, "deno.json"), "utf8"),
  );
  return Object.fromEntries(
    Object.entries<string>(exports).map(([subpath, file]) => [
      `${name}${subpath.slice(1)}`,
      join(ROOT, file),
    ]),
  );
}

/** The packages of the nearest package.json, which are installed where they are missing. */
function packagesOf(program: string): string {
  let folder = dirname(program);
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  const packages = join(folder, "node_modules");
  if (!existsSync(packages)) {
    const args = ["-y", "bun@1.4.5", "install", "--frozen-lockfile"];
    const { status } = spawnSync("npx", args, { cwd: folder, stdio: "ignore" });
    if (status !== 0) throw new Error(`Cannot install packages in ${folder}`);
  }
  return packages;
}

/** A configuration of workerd; the language is Cap'n Proto's, whose texts are written as JSON's are. */
export function workerdConfig(
  wrangler: WranglerConfig,
  addresses: readonly string[],
  variables: Readonly<Record<string, string>>,
): string {
  const text = (value: string): string => JSON.stringify(value);
  const classes = wrangler.durable_objects?.bindings ?? [];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
    (name = "objects", disk = (path = "objects", writable = true)),
  ],
  sockets = ${
    list(addresses, (address, i) =>
      `(name = "${i}", address = ${
        text(address)
      }, http = (), service = "main")`)
  },
  # What the agents package imports by cloudflare:email.
  extensions = [(modules = [(name = "cloudflare-internal:email", internal = true,
    esModule = "export default { EmailMessage: class EmailMessage {} };")])],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${text(wrangler.compatibility_date)},
  compatibilityFlags = ${list(wrangler.compatibility_flags ?? [], text)},
  durableObjectNamespaces = ${
    list(classes, ({ class_name }) =>
      `(className = ${text(class_name)}, uniqueKey = ${
        text(class_name)
      }, enableSql = true)`)
  },
  durableObjectStorage = (localDisk = "objects"),
  bindings = ${
    list([
      ...Object.entries(variables).map(([name, value]) =>
        `(name = ${text(name)}, text = ${text(value)})`
      ),
      ...classes.map(({ name, class_name }) =>
        `(name = ${text(name)}, durableObjectNamespace = ${text(class_name)})`
      ),
    ], String)
  },
);
`;
}

function list<T>(
  items: readonly T[],
  write: (item: T, index: number) => string,
): string {
  return `[${items.map(write).join(", ")}]`;
}

/** Starts workerd in a folder, which is removed with its end, as this program ends. */
export function startWorkerd(folder: string): void {
  // Depending on who imports a CommonJS module, its default export is one level deeper.
  const { default: path = workerd } = workerd as { default?: unknown };
  const child = spawn(String(path), ["serve", "config.capnp"], {
    cwd: folder,
    stdio: "inherit",
  });
  let status = 1;
  child.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(status);
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      status = 0;
      // SIGTERM would wait for the requests that it has.
      child.kill("SIGKILL");
    });
  }
}
