/**
 * An adapter for Deno and Deno Deploy.
 *
 * @module
 */

import { checkResponse } from "../http/handler_response.ts";
import {
  aFunction,
  aString,
  checkOptions,
  mustBe,
  type OptionShape,
} from "../runtime/option_checks.ts";
import type { Handler } from "../types.ts";
import { endEvents } from "./deno/event_streams.ts";
import { denoRuntime, isDenoDeploy } from "./deno/runtime.ts";

export { platform } from "./deno/platform.ts";

/** Where and how {@linkcode serve} listens. */
export interface ServeOptions {
  /** Default: 8000. Deno Deploy ignores it. */
  readonly port?: number | undefined;
  /** Default: `0.0.0.0`, which is every IPv4 address of the machine. */
  readonly hostname?: string | undefined;
  /** Receives the address when the server listens. Default: Deno prints it. */
  readonly onListen?:
    | ((address: { hostname: string; port: number }) => void)
    | undefined;
  /** Shuts the server down when it aborts, as SIGINT and SIGTERM do. Default: only the signals. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long running requests may continue after that, before event streams are ended. Default: 10; on Deno Deploy 3,
   * since it kills the process 5 seconds after SIGINT
   * ({@link https://docs.deno.com/deploy/reference/runtime/ | its runtime}).
   */
  readonly graceSeconds?: number | undefined;
}

const SHAPE: OptionShape<ServeOptions> = {
  members: {
    port: mustBe(
      (value) =>
        Number.isInteger(value) && (value as number) >= 0 &&
        (value as number) <= 65_535,
      "use a number from 0 to 65535",
    ),
    hostname: aString,
    onListen: aFunction,
    signal: mustBe(
      (value) => typeof (value as AbortSignal)?.aborted === "boolean",
      "give an AbortSignal",
    ),
    graceSeconds: mustBe(
      (value) => typeof value === "number" && value >= 0,
      "use a number of seconds, 0 or more",
    ),
  },
};

/**
 * Serves a handler until the process receives SIGINT or SIGTERM. Then it accepts no more requests, lets running ones
 * finish, and resolves: at most one second after `graceSeconds`, even if a request still runs. A second signal ends the
 * process at once.
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
  options: ServeOptions = {},
): Promise<void> {
  aFunction(handler, "handler");
  checkOptions(options, "", SHAPE);
  const { signal, graceSeconds = isDenoDeploy() ? 3 : 10, ...listening } =
    options;
  const deno = denoRuntime();
  const late = new AbortController();
  const server = deno.serve(
    listening,
    async (request, info) => {
      // Deno throws when a handler copies a request with one of these methods.
      if (/^(?:TRACE|TRACK)$/.test(request.method)) {
        return new Response(null, { status: 400 });
      }
      const response = await handler(request, info);
      return endEvents(checkResponse(response, "the handler"), late.signal);
    },
  );
  const names = deno.build.os === "windows" ? ["SIGINT"] : SIGNALS;
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => stop = resolve);
  const onSignal = (): void => stop();
  for (const name of names) deno.addSignalListener(name, onSignal);
  signal?.addEventListener("abort", onSignal);
  if (signal?.aborted !== true) await stopped;
  // From here on another signal ends the process at once.
  for (const name of names) deno.removeSignalListener(name, onSignal);
  const down = server.shutdown(); // not with Deno's own `signal` option: aborting that afterwards throws
  await within(graceSeconds, down);
  late.abort();
  await within(1, down);
}

const SIGNALS: readonly string[] = ["SIGINT", "SIGTERM"];

async function within(seconds: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
