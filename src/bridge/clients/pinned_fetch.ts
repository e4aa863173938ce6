/**
 * A request to addresses that were checked. `fetch` resolves a name by itself, and a name server may tell it another
 * address than it told the check (DNS rebinding).
 *
 * @module
 */

import { runtimeModule } from "./addresses.ts";

/** The parts of a response that are used. */
export type Fetched = Pick<Response, "status" | "body">;

/** Gets a URL from one of these addresses, whatever its host resolves to by now. Redirects are not followed. */
export type PinnedFetch = (
  url: string,
  addresses: readonly string[],
  init: {
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
  },
) => Promise<Fetched>;

type Lookup = (
  hostname: string,
  options: { readonly all?: boolean },
  callback: (error: null, address: unknown, family?: number) => void,
) => void;

/** What is used of `node:https`. */
export interface Https {
  request(
    url: URL,
    options: {
      readonly agent: false;
      readonly headers: Readonly<Record<string, string>>;
      readonly lookup: Lookup;
    },
    onResponse: (message: Message) => void,
  ): ClientRequest;
}

interface ClientRequest {
  on(event: "error", listen: (error: Error) => void): unknown;
  destroy(error?: Error): unknown;
  end(): unknown;
}

interface Message {
  readonly statusCode?: number;
  on(event: "data", listen: (bytes: Uint8Array<ArrayBuffer>) => void): unknown;
  on(event: "end", listen: () => void): unknown;
  on(event: "error", listen: (error: Error) => void): unknown;
  destroy(): unknown;
}

/** Over the runtime's `node:https`; `undefined` if it has none. */
export function runtimePinnedFetch(): PinnedFetch | undefined {
  const https = runtimeModule<Https>("node:https");
  return typeof https?.request === "function" ? pinnedFetch(https) : undefined;
}

/** Over `node:https`. */
export function pinnedFetch(https: Https): PinnedFetch {
  return (url, addresses, { headers, signal }) =>
    new Promise((resolve, reject) => {
      const request = https.request(
        new URL(url),
        // A connection of its own: none is reused that was made for other addresses.
        {
          agent: false,
          // It undoes no compression.
          headers: { ...headers, "accept-encoding": "identity" },
          lookup: lookupOf(addresses),
        },
        (message) => resolve(fetched(message)),
      );
      request.on("error", reject);
      const abort = (): void => void request.destroy(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener("abort", abort, { once: true });
      request.end();
    });
}

/** Answers with the addresses, whatever name is looked up. */
function lookupOf(addresses: readonly string[]): Lookup {
  const found = addresses.map((address) => ({
    address,
    family: address.includes(":") ? 6 : 4,
  }));
  return (_hostname, { all }, callback) =>
    all
      ? callback(null, found)
      : callback(null, found[0]!.address, found[0]!.family);
}

function fetched(message: Message): Fetched {
  let isOpen = true;
  /** An event may come after the body has ended, and a stream throws then. */
  const close = (act: () => void): void => {
    if (isOpen) act();
    isOpen = false;
  };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller): void {
      message.on("data", (bytes) => {
        if (isOpen) controller.enqueue(bytes);
      });
      message.on("end", () => close(() => controller.close()));
      message.on("error", (error) => close(() => controller.error(error)));
    },
    cancel: () => close(() => void message.destroy()),
  });
  return { status: message.statusCode ?? 0, body };
}
