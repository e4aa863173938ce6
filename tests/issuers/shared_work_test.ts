import { assert } from "@std/assert";
import { test } from "node:test";
import { resolvePlatform } from "../../src/runtime/platform.ts";
import { testNetwork } from "../../src/testing/mod.ts";
import {
  ABANDONED_SECONDS,
  isUnderWay,
  watch,
  type Work,
} from "../../src/issuers/shared_work.ts";
import { byTheClock } from "../support/virtual_time.ts";

test("watch() gives up when work was abandoned", async () => {
  assertLate(await watched(11), ABANDONED_SECONDS);
});

test("watch() waits no longer than it may", async () => {
  const seconds = await watched(5, 500);
  assert(Math.abs(seconds - 0.5) < 1e-6, `${seconds} s`);
});

for (const workSeconds of [0, 0.005, 0.2, 5]) {
  test(`watch() sees the end of work of ${workSeconds} s no later than a tenth of that and 10 ms after, nor than 40 ms`, async () => {
    assertLate(await watched(workSeconds), workSeconds);
  });
}

test("isUnderWay() is false before work began, and when it was abandoned or ended", () => {
  const network = testNetwork();
  const platform = resolvePlatform(network);
  const work: Work = { startedAt: network.now() };
  assert(!isUnderWay(undefined, platform));
  assert(isUnderWay(work, platform));
  network.pass(ABANDONED_SECONDS);
  assert(!isUnderWay(work, platform));
  const startedAt = network.now();
  assert(!isUnderWay({ startedAt, endedAt: startedAt }, platform));
});

/** For how many seconds work that takes so long is waited for. */
async function watched(
  workSeconds: number,
  milliseconds?: number,
): Promise<number> {
  const network = testNetwork();
  const startedAt = network.now();
  const end = startedAt + workSeconds * 1000;
  const work: Work = {
    startedAt,
    get endedAt(): number | undefined {
      return network.now() >= end ? end : undefined;
    },
  } as Work;
  const platform = resolvePlatform(network);
  const { seconds } = await byTheClock(
    network,
    () => watch(work, platform, milliseconds),
  );
  return seconds;
}

function assertLate(seconds: number, least: number): void {
  assert(seconds >= least, `${seconds} s`);
  assert(
    seconds <= least + Math.min(least / 10 + 0.011, 0.041),
    `${seconds} s`,
  );
}
