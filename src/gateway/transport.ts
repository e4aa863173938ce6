/**
 * `fetch` as a proxy needs it. As it is, a runtime may send a request twice, end a silent stream, or hold the head of
 * a response back.
 *
 * @module
 */

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
  readonly process?: { readonly versions?: { readonly undici?: string } };
}

/** What is used of undici's dispatcher. */
interface Dispatcher {
  dispatch(options: object, handler: unknown): boolean;
}

/** Shorter than servers keep an idle connection, so that few requests meet one that is being closed. */
const IDLE_MILLISECONDS = 4000;

/** The runtime's transport, or one over another `fetch`. */
export function transportOf(other?: Transport["fetch"]): Transport {
  const { Deno: deno, Bun: bun, process } = globalThis as Globals;
  const undici = process?.versions?.undici;
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
  const knowsZstd = bun !== undefined || undici === undefined ||
    parseInt(undici) >= 7;
  const codings = ["gzip", "x-gzip", "deflate", "br", knowsZstd ? "zstd" : ""];
  if (bun !== undefined) {
    return { ...plain, undoes: (coding) => codings.includes(coding) };
  }
  return {
    ...plain,
    fetch: undici === undefined
      ? plain.fetch
      : (url, init) =>
        fetch(url, { ...init, dispatcher: PATIENT } as RequestInit),
    // In their turn, where there are several.
    undoes: (coding) =>
      coding.split(",").every((each) => codings.includes(each.trim())),
  };
}

/** undici ends a stream that is silent for 5 minutes. Its own dispatcher exists as soon as `fetch` was called. */
const PATIENT: Dispatcher = {
  dispatch(options, handler): boolean {
    const own = (globalThis as unknown as Record<symbol, Dispatcher>)[
      Symbol.for("undici.globalDispatcher.1")
    ];
    const patient = { ...options, headersTimeout: 0, bodyTimeout: 0 };
    return own!.dispatch(patient, handler);
  },
};
