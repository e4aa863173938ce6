/**
 * The examples in the documents and in the doc comments: each `ts` block is a module of its own, and compiles as it stands.
 * `deno check --doc` would do, but for moving `export default` above what it exports.
 *
 * @module
 */
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  DENO,
  inTemporaryFolder,
  type Outcome,
  ROOT,
  run,
} from "./commands.ts";

interface Example {
  /** The document, relative to the root. */
  readonly file: string;
  /** Of its first line in the document, from 1. */
  readonly line: number;
  readonly code: string;
}

const DOCUMENTS: readonly string[] = ["README.md", "docs/**/*.md"];
const SOURCES: readonly string[] = ["mod.ts", "src/**/*.ts"];

/** As much of Bun as the documents show. Not a file of the project's, where it would make Bun a name that src may use. */
const BUN = `declare const Bun: {
  serve(options: {
    readonly fetch: (request: Request) => Response | Promise<Response>;
    readonly hostname?: string;
    readonly port?: number;
  }): unknown;
};`;

/**
 * As much of Express as the documents show: it has no types of its own. `@types/express`, which would bring all of Node's
 * global names, is what the programs of tests/runner/programs compile with.
 */
const EXPRESS =
  `import type { IncomingMessage, ServerResponse } from "node:http";
export interface Request extends IncomingMessage {
  body: unknown;
}
export interface Response extends ServerResponse {
  send(body: string): this;
  status(code: number): this;
}
export type RequestHandler = (req: Request, res: Response) => unknown;
interface Express {
  (req: IncomingMessage, res: ServerResponse): void;
  // deno-lint-ignore no-explicit-any
  listen(port: number): unknown;
  use(...handlers: ((...args: any[]) => unknown)[]): Express;
  // deno-lint-ignore no-explicit-any
  all(path: string, ...handlers: ((req: any, res: Response, next: () => void) => unknown)[]): Express;
}
interface Router {
  (): Express;
  json(): (...args: unknown[]) => unknown;
}
declare const express: Router;
export default express;`;

/** As much of Fastify and of both versions of h3, which are installed for the clients' tests alone. */
const FRAMEWORKS = `// deno-lint-ignore-file no-explicit-any
import type { IncomingMessage, ServerResponse } from "node:http";
export interface FastifyInstance {
  get(path: string, handler: () => string): void;
  all(path: string, handler: (
    request: { readonly raw: IncomingMessage },
    reply: { readonly raw: ServerResponse; hijack(): void },
  ) => Promise<void>): void;
  register(plugin: (app: FastifyInstance, options: unknown, done: () => void) => void): void;
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: string,
    parse: (request: unknown, body: unknown, parsed: (error: null) => void) => void,
  ): void;
  listen(options: { readonly port: number }): Promise<string>;
}
declare const Fastify: () => FastifyInstance;
export default Fastify;
export interface H3Event {
  readonly path: string;
  readonly req: Request;
}
export type EventHandler = (event: H3Event) => unknown;
export declare class H3 {
  get(path: string, handler: () => string): this;
  all(path: string, handler: EventHandler): this;
}
export declare function serve(app: H3, options: { readonly port: number }): any;
export declare function defineEventHandler(handler: EventHandler): EventHandler;
export declare function toWebRequest(event: H3Event): Request;`;

/** Compiles all of them, with what Deno and Bun have beside the web's own names. */
export function checkDocExamples(): Outcome {
  const examples = [
    ...globSync(DOCUMENTS, { cwd: ROOT }).flatMap((file) =>
      examplesIn(file, read(file))
    ),
    ...globSync(SOURCES, { cwd: ROOT }).flatMap((file) =>
      examplesIn(file, withoutCommentMargin(read(file)))
    ),
  ];
  return inTemporaryFolder((folder) => {
    const config = join(folder, "deno.json");
    const codes = examples.map(({ code }) => code);
    writeFileSync(config, JSON.stringify(configuration(codes)));
    writeFileSync(join(folder, "globals.d.ts"), BUN);
    writeFileSync(join(folder, "express.ts"), EXPRESS);
    writeFileSync(join(folder, "frameworks.ts"), FRAMEWORKS);
    const paths = examples.map((example) => write(folder, example));
    return run(DENO, ["check", "--no-lock", `--config=${config}`, ...paths]);
  });
}

/** The blocks fenced as `ts` and nothing more: `ts ignore` is a fragment. */
function examplesIn(file: string, text: string): Example[] {
  return [...text.matchAll(/^( *)```ts\n([^]*?)^\1```$/gm)].map((match) => ({
    file,
    line: text.slice(0, match.index).split("\n").length + 1,
    code: match[2]!.replaceAll(new RegExp(`^${match[1]}`, "gm"), ""),
  }));
}

function withoutCommentMargin(source: string): string {
  return source.replace(
    /^.*$/gm,
    (line) => /^\s*\* ?(.*)$/.exec(line)?.[1] ?? "",
  );
}

/** Writes an example at the place it has in its document, so that an error names the document's line. */
function write(folder: string, { file, line, code }: Example): string {
  const path = join(folder, file, `${line}.ts`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${"\n".repeat(line - 1)}${code}\nexport {};\n`);
  return path;
}

/** Where the types of the SDK's v1 are: its package.json misplaces them for paths with .js, which Deno takes literally. */
function sdkTypes(
  codes: readonly string[],
  place: string,
): Readonly<Record<string, string>> {
  const names = codes.flatMap((code) => [
    ...code.matchAll(/"(@modelcontextprotocol\/sdk\/([\w/]+)\.js)"/g),
  ]);
  return Object.fromEntries(
    names.map(([, name, path]) => [name!, `${place}${path}`]),
  );
}

/** deno.json's own rules, for what a reader would write beside the package. */
function configuration(codes: readonly string[]): unknown {
  const { name, exports, imports, compilerOptions } = JSON.parse(
    read("deno.json"),
  );
  const own = Object.entries<string>(exports).map(([subpath, file]) => [
    join(name, subpath),
    pathToFileURL(join(ROOT, file)).href,
  ]);
  return {
    nodeModulesDir: "none",
    links: [join(ROOT, "tests/std_assert")],
    imports: {
      ...imports,
      ...sdkTypes(codes, imports["@modelcontextprotocol/sdk/"]),
      express: "./express.ts",
      fastify: "./frameworks.ts",
      h3: "./frameworks.ts",
      ...Object.fromEntries(own),
    },
    compilerOptions: {
      ...compilerOptions,
      lib: [...compilerOptions.lib, "deno.ns"],
      types: ["./globals.d.ts"],
      isolatedDeclarations: false,
      noUnusedLocals: false,
    },
  };
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}
