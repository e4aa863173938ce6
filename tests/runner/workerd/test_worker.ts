/**
 * `node:test` for workerd: it collects the tests of a bundle, and the Worker runs each of them in a request of its own,
 * as a Worker serves its clients.
 *
 * @module
 */

/** What a test did. `error` is missing if it passed. */
export interface Verdict {
  readonly file: string;
  readonly name: string;
  readonly error?: string;
}

/** What workerd gives the Worker: the Worker itself. */
interface Env {
  readonly self: { fetch(url: string): Promise<Response> };
}

/** A Worker whose `test()` handler runs tests and prints a {@linkcode Verdict} for each. */
export interface TestWorker {
  fetch(request: Request): Promise<Response>;
  test(controller: unknown, env: Env): Promise<void>;
}

let tests: (Verdict & { readonly run: () => unknown })[] = [];
let file = "";

/** Collects a test. Options, before the function, are ignored. */
export function test(name: string, ...rest: readonly unknown[]): void {
  const run = rest.at(-1);
  if (typeof run !== "function") throw new TypeError(`${name}: no function`);
  tests.push({ file, name, run: () => run() });
}

/**
 * The Worker of these files, and of their tests whose names match. The files are loaded in a request: outside of one, a
 * Worker may do no I/O.
 */
export function testWorker(
  files: Readonly<Record<string, () => Promise<unknown>>>,
  filter: RegExp,
): TestWorker {
  async function load(): Promise<number> {
    for (const [path, loadFile] of Object.entries(files)) {
      file = path;
      await loadFile();
    }
    tests = tests.filter(({ name }) => filter.test(name));
    return tests.length;
  }

  async function verdict(index: number): Promise<Verdict> {
    const { file, name, run } = tests[index]!;
    try {
      await run();
      return { file, name };
    } catch (error) {
      return { file, name, error: `${Object(error).stack ?? error}` };
    }
  }

  return {
    async fetch(request): Promise<Response> {
      const { search } = new URL(request.url);
      return Response.json(
        search === "" ? await load() : await verdict(Number(search.slice(1))),
      );
    },
    async test(_controller, { self }): Promise<void> {
      const ask = async (query: string): Promise<string> =>
        (await self.fetch(`http://tests/${query}`)).text();
      const count = Number(await ask(""));
      for (let i = 0; i < count; i++) {
        // deno-lint-ignore no-console -- the Worker's way to standard output
        console.log(await ask(`?${i}`));
      }
    },
  };
}
