import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type DenoKv,
  type DenoKvStep,
  denoKvStore,
  memoryStore,
} from "../../../src/bridge/mod.ts";
import { checkStore } from "./contract.ts";

/** What there is of Deno KV on the other runtimes: versions, and steps that check them. */
function double(): DenoKv {
  const entries = new Map<string, { value: unknown; versionstamp: string }>();
  let version = 0;
  return {
    get: (key) =>
      Promise.resolve(
        entries.get(`${key}`) ?? { value: null, versionstamp: null },
      ),
    delete: (key) => Promise.resolve(entries.delete(`${key}`)),
    atomic(): DenoKvStep {
      const checks: (() => boolean)[] = [];
      const work: (() => void)[] = [];
      const step: DenoKvStep = {
        check({ key, versionstamp }): DenoKvStep {
          checks.push(() =>
            (entries.get(`${key}`)?.versionstamp ?? null) === versionstamp
          );
          return step;
        },
        set(key, value): DenoKvStep {
          work.push(() =>
            entries.set(`${key}`, { value, versionstamp: `${++version}` })
          );
          return step;
        },
        commit(): Promise<{ readonly ok: boolean }> {
          const ok = checks.every((check) => check());
          if (ok) work.forEach((one) => one());
          return Promise.resolve({ ok });
        },
      };
      return step;
    },
  };
}

const second = (): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 1010));
test("a store in Deno KV, with a double", () =>
  checkStore(denoKvStore(double()), second));

test("a store in Deno KV, on a Deno of its own", { timeout: 60_000 }, () => {
  const program = fileURLToPath(new URL("deno_kv.ts", import.meta.url));
  const flags = ["run", "-A", "--unstable-kv", "--no-check", "--quiet"];
  const { status, stderr } = spawnSync("deno", [...flags, program]);
  assertEquals([status, `${stderr}`], [0, ""]);
});

test("a store in memory", async () => {
  let now = 0;
  await checkStore(memoryStore({ now: () => now }), () => void (now += 1000));
});
