/**
 * `node:test` for workerd: it collects the tests of a bundle, and the Worker runs each file in a request of its own, as a
 * Worker serves its clients.
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

let tests: { readonly name: string; readonly run: () => unknown }[] = [];

/** Collects a test. Options, before the function, are ignored. */
export function test(name: string, ...rest: readonly unknown[]): void {
  const run = rest.at(-1);
  if (typeof run !== "function") throw new TypeError(`${name}: no function`);
  tests.push({ name, run: () => run() });
}

/**
 * The Worker of these files, and of their tests whose names match. Each file is loaded and run in a request of its own:
 * outside of one, a Worker may do no I/O, and what one request has created another may not use.
 */
export function testWorker(
  files: Readonly<Record<string, () => Promise<unknown>>>,
  filter: RegExp,
): TestWorker {
  async function verdicts(file: string): Promise<Verdict[]> {
    tests = [];
    await files[file]!();
    const done: Verdict[] = [];
    for (const { name, run } of tests) {
      if (!filter.test(name)) continue;
      try {
        await run();
        done.push({ file, name });
      } catch (error) {
        done.push({ file, name, error: `${Object(error).stack ?? error}` });
      }
    }
    return done;
  }

  return {
    async fetch(request): Promise<Response> {
      const { searchParams } = new URL(request.url);
      return Response.json(await verdicts(searchParams.get("file") ?? ""));
    },
    async test(_controller, { self }): Promise<void> {
      for (const path of Object.keys(files)) {
        const response = await self.fetch(
          `http://tests/?${new URLSearchParams({ file: path })}`,
        );
        for (const verdict of await response.json()) {
          // deno-lint-ignore no-console -- the Worker's way to standard output
          console.log(JSON.stringify(verdict));
        }
      }
    },
  };
}
