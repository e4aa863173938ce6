import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { withTimeout } from "../../src/runtime/timeout.ts";
import { testNetwork } from "../../src/testing/mod.ts";
import { byTheClock } from "../support/virtual_time.ts";

const never = (): Promise<never> => new Promise(() => {});

test("withTimeout() resolves to what the work does, and leaves no timer behind", async () => {
  const work = (): Promise<string> => Promise.resolve("done");
  const timed = await byTheClock(testNetwork(), () => withTimeout(5, work));
  assertEquals(timed, { value: "done", seconds: 0, timers: 0 });
});

test("withTimeout() throws what the work throws", async () => {
  const work = (): Promise<never> => Promise.reject(new RangeError("no"));
  await assertRejects(() => withTimeout(5, work), RangeError, "no");
});

test("withTimeout() waits for no work that heeds no signal", async () => {
  const { value, seconds } = await byTheClock(
    testNetwork(),
    () => assertRejects(() => withTimeout(5, never), DOMException),
  );
  assertEquals([value.name, seconds], ["TimeoutError", 5]);
});

test("withTimeout() ends the work by its signal, with the same reason", async () => {
  let signal: AbortSignal | undefined;
  const { value } = await byTheClock(
    testNetwork(),
    () =>
      assertRejects(() =>
        withTimeout(0.25, (given) => {
          signal = given;
          assert(!given.aborted);
          return never();
        })
      ),
  );
  assert(signal?.aborted);
  assert(signal.reason === value);
});

test("withTimeout() leaves no timer behind when the work fails", async () => {
  const work = (): Promise<never> => Promise.reject(new Error());
  const { timers } = await byTheClock(
    testNetwork(),
    () => assertRejects(() => withTimeout(5, work)),
  );
  assertEquals(timers, 0);
});
