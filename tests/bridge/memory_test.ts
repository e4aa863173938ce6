import { assert } from "@std/assert";
import process from "node:process";
import { test } from "node:test";
import v8 from "node:v8";
import vm from "node:vm";
import { authorizePath, browser, clientId, flow, world } from "./world.ts";

v8.setFlagsFromString("--expose-gc");
const { Bun } = globalThis as { Bun?: { gc(sync: boolean): void } };
const collect: () => void = Bun === undefined
  ? vm.runInNewContext("gc")
  : () => Bun.gc(true);

/** What is still in memory after work that was done many times, and was not before. */
async function growth(
  times: number,
  work: () => Promise<unknown>,
): Promise<number> {
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  for (let i = 0; i < times / 10; i++) await work();
  const before = heap();
  for (let i = 0; i < times; i++) await work();
  return heap() - before;
}

/** What a value of 200 bytes for each time would take. */
const LIMIT_BYTES = 2_000_000;

test("10,000 registrations leave memory as it was", async () => {
  const { bridge } = world();
  const bytes = await growth(10_000, () => clientId(bridge));
  assert(bytes < LIMIT_BYTES, `${bytes} bytes more`);
});

test("10,000 flows that were started leave memory as it was", async () => {
  const { bridge } = world();
  const client_id = await clientId(bridge);
  const path = authorizePath({ client_id });
  const bytes = await growth(10_000, async () => {
    const page = await browser().get(bridge, path);
    await page.text();
  });
  assert(bytes < LIMIT_BYTES, `${bytes} bytes more`);
});

test("client ID metadata documents and codes are remembered within bounds", async () => {
  const here = world();
  const { bridge } = here;
  let count = 0;
  const bytes = await growth(1500, async () => {
    const client_id = `https://client.example/${count++}`;
    await browser().get(bridge, authorizePath({ client_id }));
  });
  assert(bytes < LIMIT_BYTES, `${bytes} bytes more`);
  const login = await flow(here);
  assert((await login.redeem()).ok);
});
