/**
 * Asks a store in Deno's own KV for all that a store must do: `deno run --unstable-kv`.
 *
 * @module
 */

import { type DenoKv, denoKvStore } from "../../../src/bridge/mod.ts";
import { checkStore } from "./contract.ts";

declare const Deno: {
  openKv(path: string): Promise<DenoKv & { close(): void }>;
};

const kv = await Deno.openKv(":memory:");
await checkStore(
  denoKvStore(kv),
  () => new Promise((resolve) => setTimeout(resolve, 1010)),
);
kv.close();
