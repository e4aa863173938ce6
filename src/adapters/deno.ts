/**
 * Deno, and Deno Deploy.
 *
 * @module
 */

import type { Platform, SharedCache } from "../platform.ts";
import type { Handler } from "../types.ts";

/** Where and how {@linkcode serve} listens. */
export interface ServeOptions {
  /** Default: 8000. Deno Deploy chooses for itself. */
  readonly port?: number;
  /** Default: `0.0.0.0`, which is all of the machine's addresses. */
  readonly hostname?: string;
  /** Is told where the server listens. Default: Deno prints it. */
  readonly onListen?: (address: { hostname: string; port: number }) => void;
  /** Shuts the server down when it aborts, as SIGINT and SIGTERM do. */
  readonly signal?: AbortSignal;
  /** For how long running requests may go on then, before streams of events are ended. Default: 10. */
  readonly graceSeconds?: number;
}

/** On Deno Deploy, isolates share what issuers publish; elsewhere nothing outlives the process. */
export const platform: Platform = {
  cache: {
    match: async (url) => await (await sharedCache())?.match(url),
    put: async (url, response) =>
      await (await sharedCache())?.put(url, response),
  },
};

/**
 * Serves a handler until the process is interrupted or told to terminate. Then new requests are refused, running ones are
 * finished, and it resolves: within a second after `graceSeconds`, whatever still runs. A second signal ends the process.
 *
 * @example An MCP server on Deno
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { platform, serve } from "@gatehouse/mcp-auth/deno";
 *
 * const mcp = protectResource(
 *   (_request, { authInfo }) => new Response(`Hello, ${authInfo.extra?.sub}`),
 *   {
 *     metadata: {
 *       resource: "https://notes.example.com/mcp",
 *       authorization_servers: ["https://auth.example.com"],
 *     },
 *     platform,
 *   },
 * );
 *
 * await serve(mcp, { port: 8787 });
 * Deno.exit();
 * ```
 *
 * @throws {Error} If it cannot listen: with `code`, such as `EADDRINUSE`.
 */
export async function serve(
  handler: Handler,
  { signal, graceSeconds = 10, ...options }: ServeOptions = {},
): Promise<void> {
  const deno = denoRuntime();
  const streams = new Set<Stream>();
  const server = deno.serve(
    options,
    async (request, info) => endable(await handler(request, info), streams),
  );
  const names = deno.build.os === "windows" ? ["SIGINT"] : SIGNALS;
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const onSignal = (): void => stop();
  for (const name of names) deno.addSignalListener(name, onSignal);
  signal?.addEventListener("abort", onSignal);
  if (signal?.aborted !== true) await stopped;
  // From here on, another signal ends the process at once.
  for (const name of names) deno.removeSignalListener(name, onSignal);
  const down = server.shutdown(); // Deno's own signal option must not follow it: that throws
  await within(graceSeconds, down);
  for (const stream of streams) stream.cancel().catch(() => {});
  await within(1, down);
}

const SIGNALS: readonly string[] = ["SIGINT", "SIGTERM"];

/** What is used of the `Deno` namespace. */
interface DenoRuntime {
  serve(
    options: object,
    handler: (request: Request, info: object) => Promise<Response>,
  ): { shutdown(): Promise<void> };
  addSignalListener(name: string, listener: () => void): void;
  removeSignalListener(name: string, listener: () => void): void;
  readonly build: { readonly os: string };
  readonly env: { get(name: string): string | undefined };
  readonly permissions: { querySync(query: object): { state: string } };
}

function denoRuntime(): DenoRuntime {
  return (globalThis as unknown as { Deno: DenoRuntime }).Deno;
}

async function within(seconds: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}

type Stream = ReadableStreamDefaultReader<Uint8Array>;

/** Gives a stream of events, which need not have an end, one that comes when it is cancelled here. */
function endable(response: Response, streams: Set<Stream>): Response {
  const type = response.headers.get("content-type") ?? "";
  if (!type.startsWith("text/event-stream") || response.body === null) {
    return response;
  }
  const stream: Stream = response.body.getReader();
  const forget = (): boolean => streams.delete(stream);
  streams.add(stream);
  stream.closed.then(forget, forget);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const { done, value } = await stream.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => stream.cancel(reason),
  });
  return new Response(body, response);
}

/** Deno's own cache is on disk, where keys would outlive the issuer that had them. */
async function sharedCache(): Promise<SharedCache | undefined> {
  const { env, permissions } = denoRuntime();
  const variable = "DENO_DEPLOYMENT_ID";
  // Asking for a permission would stop the server until somebody answers.
  const { state } = permissions.querySync({ name: "env", variable });
  return state === "granted" && env.get(variable) !== undefined
    ? await caches.open("mcp-auth")
    : undefined;
}
