/**
 * Listening, on each runtime's own server, until the process is told to end.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { createServer } from "node:http";
import process from "node:process";
import { serveOptions } from "../../adapters/bun.ts";
import { serve } from "../../adapters/deno.ts";
import { endEvents } from "../../adapters/deno/event_streams.ts";
import { toNodeListener } from "../../adapters/node.ts";
import { pause } from "../../runtime/timeout.ts";
import type { Handler } from "../../types.ts";
import { SettingError } from "./sources.ts";

/** Where to listen, and whom to tell. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly onListen: () => void;
  readonly onError: (error: unknown) => void;
}

/** How long running requests and streams may go on after a signal. */
const GRACE_SECONDS = 10;

/** What is used of Bun's global. */
interface Bun {
  serve(options: object): { stop(): Promise<void> };
}

/** What is used of Bun's server. */
interface BunServer {
  requestIP(request: Request): { readonly address: string } | null;
  timeout(request: Request, seconds: number): void;
}

/**
 * Serves a handler until SIGTERM or SIGINT. Then new requests are refused, and running ones have 10 seconds, after which
 * streams of events are ended.
 *
 * @throws {SettingError} If it cannot listen there.
 */
export async function listen(
  handler: Handler,
  options: ListenOptions,
): Promise<void> {
  const { Bun: bun, Deno: deno } = globalThis as {
    readonly Bun?: Bun;
    readonly Deno?: object;
  };
  try {
    if (deno !== undefined) await listenOnDeno(handler, options);
    else {
      await listenUntilSignal((late) => {
        const ending: Handler = async (request, requestContext) =>
          endEvents(await handler(request, requestContext), late);
        return bun === undefined
          ? listenOnNode(ending, options)
          : listenOnBun(bun, ending, options);
      });
    }
  } catch (error) {
    throw failureOf(error, options) ?? error;
  }
}

async function listenOnDeno(
  handler: Handler,
  { host: hostname, port, onListen, onError }: ListenOptions,
): Promise<void> {
  await lookup(hostname); // Deno's own error for a name that nobody knows has no code
  await serve(async (request, requestContext) => {
    try {
      return await handler(request, requestContext);
    } catch (error) {
      onError(error);
      return new Response(null, { status: 500 });
    }
  }, { hostname, port, onListen, graceSeconds: GRACE_SECONDS });
}

/** `start` resolves, when it listens, to what stops that and resolves when nothing runs any more. */
async function listenUntilSignal(
  start: (late: AbortSignal) => Promise<() => Promise<unknown>>,
): Promise<void> {
  const late = new AbortController();
  const stop = await start(late.signal);
  await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  const stopped = stop();
  await Promise.race([stopped, pause(GRACE_SECONDS * 1000)]);
  late.abort();
  await Promise.race([stopped, pause(1000)]);
}

async function listenOnNode(
  handler: Handler,
  { host, port, onListen, onError }: ListenOptions,
): Promise<() => Promise<unknown>> {
  const server = createServer((req, res) => {
    const requestContext = {
      remoteAddr: { hostname: req.socket.remoteAddress },
    };
    const answer: Handler = (request) => handler(request, requestContext);
    toNodeListener(answer, { onError })(req, res);
  });
  server.listen(port, host);
  await once(server, "listening");
  onListen();
  return async () => {
    server.close();
    // A connection becomes idle when its last response ends, and clients keep it.
    const closing = setInterval(() => server.closeIdleConnections(), 100);
    await once(server, "close");
    clearInterval(closing);
  };
}

// deno-lint-ignore require-await -- Bun's errors are to be rejections, as Node's are
async function listenOnBun(
  bun: Bun,
  handler: Handler,
  { host: hostname, port, onListen, onError }: ListenOptions,
): Promise<() => Promise<unknown>> {
  const options = serveOptions(handler, []);
  const server = bun.serve({
    ...options,
    hostname,
    port,
    fetch(request: Request, server: BunServer): Promise<Response> {
      // An upstream may take longer than Bun's 10 seconds.
      server.timeout(request, 0);
      const remoteAddr = { hostname: server.requestIP(request)?.address };
      const requestContext = {
        remoteAddr,
        timeout: (request: Request, seconds: number): void =>
          server.timeout(request, seconds),
      };
      return options.fetch(request, requestContext);
    },
    error(error: unknown): Response {
      onError(error);
      return new Response(null, { status: 500 });
    },
  });
  onListen();
  return () => server.stop();
}

function failureOf(
  error: unknown,
  { host, port }: ListenOptions,
): SettingError | undefined {
  switch (Object(error).code) {
    case "EADDRINUSE":
      return new SettingError(
        `Port ${port} is in use: stop what listens there, or set PORT to a free port`,
      );
    case "EACCES":
      return new SettingError(
        `Port ${port} is not allowed to this user: set PORT to a port above 1023`,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EINVAL":
      return new SettingError(
        `Cannot listen on HOST=${
          JSON.stringify(host)
        }: use a name or an address of this machine`,
      );
    default:
      return undefined;
  }
}
