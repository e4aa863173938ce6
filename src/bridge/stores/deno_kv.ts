/**
 * A store in Deno KV, which is strongly consistent.
 *
 * @module
 */

import type { Store } from "../../runtime/store.ts";

/** What is used of `Deno.Kv`. */
export interface DenoKv {
  /** Reads a value. */
  get(
    key: readonly string[],
  ): Promise<
    { readonly value: unknown; readonly versionstamp: string | null }
  >;
  /** Begins a step that happens as a whole or not at all. */
  atomic(): DenoKvStep;
  /** Removes a value. */
  delete(key: readonly string[]): Promise<unknown>;
}

/** What is used of `Deno.AtomicOperation`. */
export interface DenoKvStep {
  /** The step happens only if the value is still this version; `null`: if there is none. */
  check(
    version: {
      readonly key: readonly string[];
      readonly versionstamp: string | null;
    },
  ): DenoKvStep;
  /** Sets a value. */
  set(
    key: readonly string[],
    value: unknown,
    options: { readonly expireIn: number },
  ): DenoKvStep;
  /** Does it. */
  commit(): Promise<{ readonly ok: boolean }>;
}

/** A value with its end: Deno KV removes values some time after they expire. */
interface Entry {
  readonly value: string;
  readonly until: number;
}

/**
 * A store in Deno KV.
 *
 * @example On Deno Deploy
 * ```ts ignore
 * const store = denoKvStore(await Deno.openKv());
 * ```
 */
export function denoKvStore(kv: DenoKv, prefix: string = "bridge"): Store {
  const keyOf = (key: string): readonly string[] => [prefix, key];

  async function read(
    key: string,
  ): Promise<{ entry: Entry | undefined; versionstamp: string | null }> {
    const { value, versionstamp } = await kv.get(keyOf(key));
    const entry = value as Entry | null;
    return {
      entry: entry !== null && Date.now() < entry.until ? entry : undefined,
      versionstamp,
    };
  }

  return {
    async get(key): Promise<string | undefined> {
      return (await read(key)).entry?.value;
    },
    async set(key, value, { ttl, ifAbsent = false }): Promise<boolean> {
      const expireIn = ttl * 1000;
      const entry: Entry = { value, until: Date.now() + expireIn };
      let step = kv.atomic();
      if (ifAbsent) {
        const known = await read(key);
        if (known.entry !== undefined) return false;
        const { versionstamp } = known;
        step = step.check({ key: keyOf(key), versionstamp });
      }
      const { ok } = await step.set(keyOf(key), entry, { expireIn }).commit();
      return ok;
    },
    async delete(key): Promise<void> {
      await kv.delete(keyOf(key));
    },
  };
}
