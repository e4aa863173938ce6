/**
 * Builds what npm's package is made of into `dist`: JavaScript, declarations, and a bundle of oidc-provider. npm runs
 * it as `prepare`: after `npm install` in a clone, before `npm pack` and `npm publish`, and when somebody installs this
 * repository by git. It needs Node.js 20 and the development dependencies.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const VENDORED = "src/dev_issuer/oidc_provider";

if (!existsSync(TSC)) {
  process.stderr.write(
    "Cannot build @gatehouse/mcp-auth: its development dependencies are missing. Run npm install without --omit=dev, or npm install --ignore-scripts if dist is not needed\n",
  );
  process.exit(1);
}

rmSync(DIST, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [TSC, "-p", join(ROOT, "npm/tsconfig.json")],
  { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] },
);
if (status !== 0) process.exit(1);
for (const file of readdirSync(DIST, { recursive: true, encoding: "utf8" })) {
  if (file.endsWith(".d.ts")) rewriteDeclarations(join(DIST, file));
}
hideCommand(join(DIST, "src/gateway/mod.js"));
await bundleOidcProvider();

/** TypeScript rewrites the file names in imports to `.js`, but not in declarations; compilers before 5.0 refuse `.ts`. */
function rewriteDeclarations(path) {
  const text = readFileSync(path, "utf8");
  const rewritten = text.replace(
    /(\bfrom |\bimport\()"(\.{1,2}\/[^"]+)\.ts"/g,
    '$1"$2.js"',
  );
  if (rewritten !== text) writeFileSync(path, rewritten);
}

/**
 * Bundlers would put the gateway's command, and Node's modules with it, into every Worker that imports `forwardTo`. They
 * follow literals only.
 */
function hideCommand(path) {
  const text = readFileSync(path, "utf8");
  const hidden = text.replace(
    'import("./command/run.js")',
    'import(["./command/run.js"].join())',
  );
  if (hidden === text) throw new Error(`${path} has no command to hide`);
  writeFileSync(path, hidden);
}

/** Only the development issuer needs oidc-provider: as a dependency it would bring 40 packages to every server. */
async function bundleOidcProvider() {
  const { build } = await import("esbuild");
  const { metafile } = await build({
    absWorkingDir: ROOT,
    banner: {
      js:
        `// oidc-provider and what it needs. Their licenses: oidc_provider.LICENSES.txt
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);`,
    },
    bundle: true,
    entryPoints: [`${VENDORED}.ts`],
    external: ["jose"],
    format: "esm",
    legalComments: "none",
    // A runtime prints the line of an error.
    lineLimit: 160,
    logLevel: "warning",
    metafile: true,
    minifyWhitespace: true,
    outfile: join(DIST, `${VENDORED}.js`),
    platform: "node",
    target: "node20",
  });
  const packages = new Set(
    Object.keys(metafile.inputs).flatMap((file) =>
      /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []
    ),
  );
  writeFileSync(
    join(DIST, `${VENDORED}.LICENSES.txt`),
    [...packages].sort().map(license).join("\n\n"),
  );
}

/** A package's name, version and license, as its license wants it. */
function license(folder) {
  const { name, version, license } = JSON.parse(
    readFileSync(join(ROOT, folder, "package.json"), "utf8"),
  );
  const files = readdirSync(join(ROOT, folder))
    .filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file));
  const texts = files.map((file) =>
    readFileSync(join(ROOT, folder, file), "utf8").trim()
  );
  return [`${name} ${version} (${license})`, ...texts].join("\n\n");
}
