import {
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { test } from "node:test";
import { AuthorizationServerError } from "../../src/errors.ts";
import {
  coalesce,
  type Coalesced,
  type Lane,
  MAX_FAILURES,
  MAX_OPEN,
  PAUSE_SECONDS,
} from "../../src/issuers/coalesce.ts";
import { resolvePlatform } from "../../src/runtime/platform.ts";
import { type TestNetwork, testNetwork } from "../../src/testing/mod.ts";
import { timeout } from "../support/timeout.ts";

const AWAY = new AuthorizationServerError("away");
const away = (): Promise<never> => Promise.reject(AWAY);
const answer = (): Promise<string> => Promise.resolve("answer");
const never = (): Promise<never> => new Promise(() => {});

interface Server {
  readonly network: TestNetwork;
  readonly asked: Coalesced<string>;
}

/** No test reads the clock a tenth as often. A loop that waits for nothing holds up every timer, so the clock ends it. */
const MAX_READINGS = 20_000;

function server(): Server {
  const network = testNetwork();
  let readings = 0;
  const now = (): number => {
    if (++readings > MAX_READINGS) throw new Error("get() waits for nothing");
    return network.now();
  };
  return { network, asked: coalesce(resolvePlatform({ ...network, now })) };
}

/** Asks about so many keys, of which no answer comes. Nobody waits for any of them: that would not end. */
function fill({ asked }: Server, lane: Lane, count: number): void {
  for (let i = 0; i < count; i++) {
    asked.get(crypto.randomUUID(), lane, never);
  }
}

async function fail(
  { asked }: Server,
  lane: Lane,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    await assertRejects(() => asked.get(`failing-${i}`, lane, away));
  }
}

test("coalesce() asks about 32 keys at once, and pauses 5 s after 16 failures", () => {
  assertEquals([MAX_OPEN, MAX_FAILURES, PAUSE_SECONDS], [32, 16, 5]);
});

test(
  "get() resolves to what ask resolves to, and forgets it",
  { timeout },
  async () => {
    const { asked } = server();
    for (const value of ["first", "second"]) {
      const ask = (): Promise<string> => Promise.resolve(value);
      assertEquals(await asked.get("a", "unknown", ask), value);
    }
  },
);

test(
  "get() throws what ask throws, to all who wait for it",
  { timeout },
  async () => {
    const { asked } = server();
    let count = 0;
    const ask = (): Promise<never> => {
      count++;
      return away();
    };
    const errors = await Promise.all(
      Array.from(
        { length: 9 },
        () => asked.get("a", "unknown", ask).catch((error) => error),
      ),
    );
    assertEquals(new Set(errors), new Set([AWAY]));
    assertEquals(count, 1);
  },
);

test("get() asks about each key for itself", { timeout }, async () => {
  const { asked } = server();
  const values = await Promise.all(
    ["a", "b"].map((key) =>
      asked.get(key, "unknown", () => Promise.resolve(key))
    ),
  );
  assertEquals(values, ["a", "b"]);
});

test(
  "get() gives what was asked by another, whatever its lane",
  { timeout },
  async () => {
    const { asked } = server();
    const first = Promise.withResolvers<string>();
    const one = asked.get("a", "unknown", () => first.promise);
    const two = asked.get("a", "known", away);
    first.resolve("answer");
    assertEquals(await Promise.all([one, two]), ["answer", "answer"]);
  },
);

test(
  "get() takes over after 10 s from a question that did not end, once for all who wait",
  { timeout },
  async () => {
    const self = server();
    self.asked.get("a", "unknown", never);
    let count = 0;
    const ask = (): Promise<string> => {
      count++;
      return answer();
    };
    const waiting = Array.from(
      { length: 9 },
      () => self.asked.get("a", "unknown", ask),
    );
    self.network.pass(9.999);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assertEquals(count, 0);
    self.network.pass(0.001);
    assertEquals(new Set(await Promise.all(waiting)), new Set(["answer"]));
    assertEquals(count, 1);
  },
);

test("get() gives a question that ends late to none but who asked it", {
  timeout,
}, async () => {
  const self = server();
  const late = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const one = self.asked.get("a", "unknown", () => late.promise);
  self.network.pass(10);
  const two = self.asked.get("a", "unknown", () => second.promise);
  late.resolve("late");
  assertEquals(await one, "late");
  const three = self.asked.get("a", "unknown", away); // waits for the second still
  second.resolve("second");
  assertEquals(await Promise.all([two, three]), ["second", "second"]);
});

test("get() takes over where the clock was set back", { timeout }, async () => {
  const self = server();
  self.asked.get("a", "unknown", never);
  self.network.pass(-1);
  assertEquals(await self.asked.get("a", "unknown", answer), "answer");
});

for (const lane of ["known", "unknown"] as const) {
  const other = lane === "known" ? "unknown" : "known";

  test(
    `get() leaves open 32 questions of the ${lane} lane, beside those of the ${other}`,
    { timeout },
    async () => {
      const self = server();
      fill(self, lane, MAX_OPEN - 1);
      assertEquals(await self.asked.get("last", lane, answer), "answer");
      fill(self, lane, 1);
      const error = await assertRejects(
        () => self.asked.get("more", lane, answer),
        AuthorizationServerError,
        "32 requests are open",
      );
      assertEquals(error.retryAfterSeconds, 1);
      assertEquals(await self.asked.get("more", other, answer), "answer");
    },
  );

  test(
    `get() lets the ${lane} lane rest for 5 s after 16 failures in a row, and not the ${other}`,
    { timeout },
    async () => {
      const self = server();
      await fail(self, lane, MAX_FAILURES);
      self.network.pass(PAUSE_SECONDS - 1.001);
      const error = await assertRejects(
        () => self.asked.get("more", lane, answer),
        AuthorizationServerError,
      );
      assertStringIncludes(error.message, "failed 16 times in a row");
      assertStrictEquals(error.cause, AWAY);
      assertEquals(error.retryAfterSeconds, 2);
      self.network.pass(1.001);
      assertEquals(await self.asked.get("more", lane, answer), "answer");
    },
  );

  test(
    `get() does not let the ${other} lane rest for the ${lane} one's failures`,
    { timeout },
    async () => {
      const self = server();
      await fail(self, lane, MAX_FAILURES);
      assertEquals(await self.asked.get("more", other, answer), "answer");
      // An answer there says that the server is well.
      assertEquals(await self.asked.get("more", lane, answer), "answer");
    },
  );
}

test(
  "get() counts the rest from the end of the last failure",
  { timeout },
  async () => {
    const self = server();
    await fail(self, "unknown", MAX_FAILURES - 1);
    await assertRejects(() =>
      self.asked.get("slow", "unknown", () => {
        self.network.pass(4);
        return away();
      })
    );
    self.network.pass(PAUSE_SECONDS - 0.001);
    await assertRejects(() => self.asked.get("more", "unknown", answer));
    self.network.pass(0.001);
    assertEquals(await self.asked.get("more", "unknown", answer), "answer");
  },
);

test(
  "get() does not count questions that were given up",
  { timeout },
  async () => {
    const self = server();
    fill(self, "unknown", MAX_OPEN);
    self.network.pass(10);
    assertEquals(await self.asked.get("more", "unknown", answer), "answer");
  },
);

test("get() counts failures from the last answer on", { timeout }, async () => {
  const self = server();
  await fail(self, "unknown", MAX_FAILURES - 1);
  await self.asked.get("good", "unknown", answer);
  await fail(self, "unknown", MAX_FAILURES - 1);
  assertEquals(await self.asked.get("more", "unknown", answer), "answer");
});

test("get() counts failures from the last rest on", { timeout }, async () => {
  const self = server();
  await fail(self, "unknown", MAX_FAILURES);
  self.network.pass(PAUSE_SECONDS);
  await fail(self, "unknown", MAX_FAILURES - 1);
  assertEquals(await self.asked.get("more", "unknown", answer), "answer");
});

test("get() hands its work to the request's waitUntil, and it never rejects", {
  timeout,
}, async () => {
  const { asked } = server();
  const work: Promise<unknown>[] = [];
  const request = {
    waitUntil: (promise: Promise<unknown>) => void work.push(promise),
  };
  await assertRejects(() => asked.get("a", "unknown", away, request));
  assertEquals(await Promise.all(work), [undefined]);
});
