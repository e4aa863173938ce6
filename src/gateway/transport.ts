/**
 * `fetch` as a proxy needs it. As it is, a runtime may send a request twice, end a silent stream, hold the head of a
 * response back, or cost more than needed.
 *
 * @module
 */

import { nodeFetch, type NodeHttp } from "./node_transport.ts";

/** How requests are sent to the upstream. */
export interface Transport {
  /** Sends one, once. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Whether it undoes a content coding, in lower case, that was not asked for. It leaves the header as it was. */
  readonly undoes: (coding: string) => boolean;
  /** Whether it could send a body twice that is not a stream. */
  readonly repeatsBodies: boolean;
  /** Whether the runtime's server sends the head of a response with its first byte, not before. */
  readonly holdsHeads: boolean;
}

interface Globals {
  readonly Deno?: { createHttpClient?(options: object): object };
  readonly Bun?: object;
  readonly process?: {
    readonly versions?: { readonly undici?: string };
    getBuiltinModule?(name: string): NodeHttp;
  };
}

/** Shorter than servers keep an idle connection, so that few requests meet one that is being closed. */
const IDLE_MILLISECONDS = 4000;

/** The runtime's transport, or one over another `fetch`. */
export function transportOf(other?: Transport["fetch"]): Transport {
  const { Deno: deno, Bun: bun, process } = globalThis as Globals;
  const plain: Transport = {
    fetch: other ?? ((url, init) => fetch(url, init)),
    undoes: () => false,
    repeatsBodies: false,
    holdsHeads: bun !== undefined,
  };
  if (other !== undefined) return plain;
  if (deno !== undefined) {
    const client = deno.createHttpClient?.({
      http2: false,
      poolIdleTimeout: IDLE_MILLISECONDS,
    });
    return {
      ...plain,
      fetch: (url, init) => fetch(url, { ...init, client } as RequestInit),
      // It sends a body that it has in memory again when a connection that was used before is closed under it.
      repeatsBodies: true,
    };
  }
  if (bun !== undefined) {
    return { ...plain, undoes: (coding) => BUN_CODINGS.includes(coding) };
  }
  return process?.versions?.undici === undefined
    ? plain
    : { ...plain, fetch: onNode(process) ?? plain.fetch };
}

const BUN_CODINGS = ["gzip", "x-gzip", "deflate", "br", "zstd"];

/** Node's own `fetch` costs more, and ends a stream that is silent for 5 minutes. */
function onNode(
  { getBuiltinModule }: NonNullable<Globals["process"]>,
): Transport["fetch"] | undefined {
  if (getBuiltinModule === undefined) return undefined;
  const [http, https] = ["node:http", "node:https"]
    .map((name) => nodeFetch(getBuiltinModule(name), IDLE_MILLISECONDS));
  return (url, init) => (url.startsWith("https:") ? https! : http!)(url, init);
}
