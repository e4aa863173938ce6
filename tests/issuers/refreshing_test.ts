import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { test } from "node:test";
import {
  type Fresh,
  ISSUER_FRESHNESS,
  keepFresh,
  type Reading,
} from "../../src/issuers/refreshing.ts";
import { AuthorizationServerError } from "../../src/errors.ts";
import { resolvePlatform } from "../../src/runtime/platform.ts";
import { type TestNetwork, testNetwork } from "../../src/testing/mod.ts";
import { timeout } from "../support/timeout.ts";

/** Something to read: the test says how a reading ends. */
interface Origin {
  readonly network: TestNetwork;
  readonly fresh: Fresh<string>;
  /** How each reading ends from now on. */
  read: () => Promise<string>;
  /** How many there were. */
  readings: number;
  /** How old a reading of somebody else could have been for the last of them. */
  newerThan: number;
}

function origin(
  read: Origin["read"] = () => Promise.resolve("first"),
): Origin {
  const network = testNetwork();
  const self: Origin = {
    network,
    fresh: keepFresh(
      async (newerThan): Promise<Reading<string>> => {
        self.readings++;
        self.newerThan = newerThan;
        const readAt = network.now();
        return { value: await self.read(), readAt };
      },
      ISSUER_FRESHNESS,
      resolvePlatform(network),
    ),
    read,
    readings: 0,
    newerThan: NaN,
  };
  return self;
}

const AWAY = new Error("away");
const away = (): Promise<never> => Promise.reject(AWAY);
const never = (): Promise<never> => new Promise(() => {});

test("ISSUER_FRESHNESS is ten minutes, and an hour more while the issuer is unreachable", () => {
  assertEquals(ISSUER_FRESHNESS, {
    refreshSeconds: 480,
    maxAgeSeconds: 600,
    staleIfErrorSeconds: 3600,
    retrySeconds: 5,
    staleRetrySeconds: 10,
  });
});

test("keepFresh() reads nothing until it is asked", () => {
  assertEquals(origin().readings, 0);
});

test("get() reads once for eight minutes", { timeout }, async () => {
  const self = origin();
  for (const seconds of [0, 1, 478.999]) {
    self.network.pass(seconds);
    assertEquals(await self.fresh.get(), "first");
  }
  assertEquals(self.readings, 1);
});

test("get() gives what it has at 480 s, and reads in the background", {
  timeout,
}, async () => {
  const self = origin();
  await self.fresh.get();
  self.network.pass(480);
  const second = Promise.withResolvers<string>();
  self.read = () => second.promise;
  const begun = performance.now();
  assertEquals(await self.fresh.get(), "first");
  assertEquals(await self.fresh.get(), "first");
  assert(performance.now() - begun < 400);
  assertEquals(self.readings, 2);
  second.resolve("second");
  await self.network.idle();
  assertEquals(await self.fresh.get(), "second");
  assertEquals(self.readings, 2);
});

test(
  "get() waits at 600 s for a value that is not over age",
  { timeout },
  async () => {
    const self = origin();
    await self.fresh.get();
    self.network.pass(600);
    self.read = () => Promise.resolve("second");
    assertEquals(await self.fresh.get(), "second");
  },
);

test(
  "get() gives nothing of ten minutes ago, however often it was asked since",
  { timeout },
  async () => {
    const self = origin();
    await self.fresh.get();
    self.read = () => Promise.resolve("second");
    for (let second = 1; second < 600; second++) {
      self.network.pass(1);
      await self.fresh.get();
    }
    self.network.pass(1);
    assertEquals(await self.fresh.get(), "second");
  },
);

/** How long nobody asked. */
const idle: readonly (readonly [why: string, seconds: number])[] = [
  ["ten minutes", 600],
  ["almost an hour", 3599],
  ["as long as a value is kept", 4200],
  ["a day", 86_400],
];

for (const [why, seconds] of idle) {
  test(
    `get() does not return the old value if there was no request for ${why}`,
    {
      timeout,
    },
    async () => {
      const self = origin();
      await self.fresh.get();
      self.network.pass(seconds);
      self.read = () => Promise.resolve("second");
      assertEquals(await self.fresh.get(), "second");
    },
  );

  test(
    `get() does not return the old value if a reading failed and there was no request for ${why} after`,
    { timeout },
    async () => {
      const self = origin();
      await self.fresh.get();
      self.network.pass(480);
      self.read = away;
      assertEquals(await self.fresh.get(), "first");
      await self.network.idle();
      self.network.pass(seconds);
      self.read = () => Promise.resolve("second");
      assertEquals(await self.fresh.get(), "second");
    },
  );
}

test("get() waits half a second for a value over age, and no longer", {
  timeout,
}, async () => {
  const self = origin();
  await self.fresh.get();
  self.network.pass(600);
  self.read = never;
  assertEquals(await self.fresh.get(), "first");
  assertEquals(self.readings, 2);
});

test(
  "get() returns the stale value for an hour more while the origin is unreachable",
  {
    timeout,
  },
  async () => {
    const self = origin();
    await self.fresh.get();
    self.read = away;
    for (const seconds of [480, 120, 1800, 1799.999]) {
      self.network.pass(seconds);
      assertEquals(await self.fresh.get(), "first");
      await self.network.idle();
    }
    self.network.pass(0.001);
    const error = await assertRejects(() => self.fresh.get());
    assertStrictEquals(error, AWAY);
  },
);

test(
  "get() waits for nobody while the origin is known to be away",
  { timeout },
  async () => {
    const self = origin();
    await self.fresh.get();
    self.network.pass(600);
    self.read = away;
    await self.fresh.get();
    await self.network.idle();
    self.network.pass(10);
    let waited = false;
    self.read = () => {
      setTimeout(() => waited = true, 100);
      return never();
    };
    assertEquals(await self.fresh.get(), "first");
    assertEquals(self.readings, 3);
    assertEquals(waited, false);
  },
);

test(
  "peek() counts from its end how long ago a reading failed",
  { timeout },
  async () => {
    const self = origin();
    await self.fresh.get();
    self.network.pass(600);
    self.read = () => {
      self.network.pass(9);
      return away();
    };
    await self.fresh.get();
    await self.network.idle();
    self.read = never;
    self.network.pass(19.999);
    assertEquals(self.fresh.peek(), "first");
    self.network.pass(0.001);
    assertEquals(self.fresh.peek(), undefined);
  },
);

test(
  "get() gives the new value once the origin is back",
  { timeout },
  async () => {
    const self = origin(away);
    await assertRejects(() => self.fresh.get());
    self.network.pass(5);
    self.read = () => Promise.resolve("back");
    assertEquals(await self.fresh.get(), "back");
  },
);

test("peek() gives nothing, and reads nothing, before get() was asked", () => {
  const self = origin();
  assertEquals(self.fresh.peek(), undefined);
  assertEquals(self.readings, 0);
});

test(
  "peek() gives what is within its maximum age, and reads in the background from 480 s on",
  { timeout },
  async () => {
    const self = origin();
    await self.fresh.get();
    self.network.pass(479.999);
    assertEquals(self.fresh.peek(), "first");
    assertEquals(self.readings, 1);
    self.read = away;
    self.network.pass(120);
    assertEquals(self.fresh.peek(), "first");
    assertEquals(self.readings, 2);
  },
);

test("peek() returns no stale value, unless the origin just failed", {
  timeout,
}, async () => {
  const self = origin();
  await self.fresh.get();
  self.network.pass(600);
  self.read = away;
  assertEquals(self.fresh.peek(), undefined);
  await self.network.idle();
  assertEquals(self.fresh.peek(), "first");
  self.network.pass(20);
  self.read = never;
  assertEquals(self.fresh.peek(), undefined);
});

test(
  "peek() gives nothing of more than 70 minutes ago, though the origin is away",
  { timeout },
  async () => {
    const self = origin();
    await self.fresh.get();
    self.read = away;
    self.network.pass(4199);
    self.fresh.peek();
    await self.network.idle();
    assertEquals(self.fresh.peek(), "first");
    self.network.pass(1);
    assertEquals(self.fresh.peek(), undefined);
  },
);

test(
  "get() reads once for a hundred callers that find nothing",
  { timeout },
  async () => {
    const self = origin(async () => {
      await new Promise((resolve) => setTimeout(resolve, 15));
      return "first";
    });
    const values = await Promise.all(
      Array.from({ length: 100 }, () => self.fresh.get()),
    );
    assertEquals(new Set(values), new Set(["first"]));
    assertEquals(self.readings, 1);
  },
);

test(
  "get() reports one failure to a hundred callers",
  { timeout },
  async () => {
    const self = origin(away);
    const errors = await Promise.all(
      Array.from({ length: 100 }, () => assertRejects(() => self.fresh.get())),
    );
    assertEquals(new Set(errors), new Set([AWAY]));
    assertEquals(self.readings, 1);
  },
);

test(
  "get() remembers a failure for 5 s from its end",
  { timeout },
  async () => {
    const self = origin(() => {
      self.network.pass(3);
      return away();
    });
    await assertRejects(() => self.fresh.get());
    self.network.pass(4.999);
    assertStrictEquals(await assertRejects(() => self.fresh.get()), AWAY);
    assertEquals(self.readings, 1);
    self.network.pass(0.001);
    await assertRejects(() => self.fresh.get());
    assertEquals(self.readings, 2);
  },
);

test(
  "get() reads an unreachable origin at most every 10 s while it has a value",
  { timeout },
  async () => {
    const self = origin();
    await self.fresh.get();
    self.network.pass(480);
    self.read = away;
    for (let second = 0; second < 60; second++) {
      await self.fresh.get();
      await self.network.idle();
      self.network.pass(1);
    }
    assertEquals(self.readings, 1 + 60 / 10);
  },
);

test(
  "get() takes a reader that throws at once for one that fails",
  { timeout },
  async () => {
    const self = origin(() => {
      throw AWAY;
    });
    assertStrictEquals(await assertRejects(() => self.fresh.get()), AWAY);
  },
);

test(
  "get() takes over a reading that did not end in 10 s, for all who wait for it",
  { timeout },
  async () => {
    const self = origin(never);
    self.fresh.get();
    const waiting = self.fresh.get();
    self.network.pass(9.999);
    const alsoWaiting = self.fresh.get();
    assertEquals(self.readings, 1);
    self.read = () => Promise.resolve("second");
    self.network.pass(0.001);
    assertEquals(await self.fresh.get(), "second");
    assertEquals(await Promise.all([waiting, alsoWaiting]), [
      "second",
      "second",
    ]);
    assertEquals(self.readings, 2);
  },
);

test("get() takes over an abandoned reading for those who came before", {
  timeout,
}, async () => {
  const self = origin(never);
  self.fresh.get();
  const waiting = Array.from({ length: 100 }, () => self.fresh.get());
  self.read = () => Promise.resolve("second");
  self.network.pass(10);
  assertEquals(new Set(await Promise.all(waiting)), new Set(["second"]));
  assertEquals(self.readings, 2);
});

/** How a reading ends after another one took over. */
const late: readonly (readonly [
  why: string,
  end: (reading: PromiseWithResolvers<string>) => void,
])[] = [
  ["value", ({ resolve }) => resolve("first")],
  ["failure", ({ reject }) => reject(AWAY)],
];

for (const [why, end] of late) {
  test(
    `get() does not take the ${why} of an abandoned reading`,
    { timeout },
    async () => {
      const first = Promise.withResolvers<string>();
      const self = origin(() => first.promise);
      const waiting = self.fresh.get();
      self.network.pass(10);
      self.read = () => Promise.resolve("second");
      assertEquals(await self.fresh.get(), "second");
      end(first);
      await self.network.idle();
      assertEquals(await waiting, "second");
      assertEquals(await self.fresh.get(), "second");
      assertEquals(await self.fresh.reload(10), "second");
    },
  );

  test(
    `get() waits on for the reading that took over, after the ${why} of the abandoned one`,
    { timeout },
    async () => {
      const first = Promise.withResolvers<string>();
      const second = Promise.withResolvers<string>();
      const self = origin(() => first.promise);
      const waiting = self.fresh.get();
      self.network.pass(10);
      self.read = () => second.promise;
      const taking = self.fresh.get();
      end(first);
      await first.promise.catch(() => {});
      second.resolve("second");
      assertEquals(await Promise.all([waiting, taking]), ["second", "second"]);
      assertEquals(self.readings, 2);
    },
  );
}

test("get() reads anew when the clock was set back", { timeout }, async () => {
  const self = origin();
  await self.fresh.get();
  self.read = () => Promise.resolve("second");
  self.network.pass(-3600);
  assertEquals(await self.fresh.get(), "second");
});

test(
  "get() trusts nothing of before when the clock was set back and the origin is away",
  { timeout },
  async () => {
    const self = origin();
    await self.fresh.get();
    self.read = away;
    self.network.pass(-3600);
    assertStrictEquals(await assertRejects(() => self.fresh.get()), AWAY);
  },
);

test(
  "get() throws what a person can read when the clock was set back while it read",
  { timeout },
  async () => {
    const self = origin(() => {
      self.network.pass(-2);
      return Promise.resolve("first");
    });
    await assertRejects(() => self.fresh.get(), AuthorizationServerError);
  },
);

test("get() counts a value's age from when it was read at its origin", {
  timeout,
}, async () => {
  const self = origin(() => {
    self.network.pass(7);
    return Promise.resolve("first");
  });
  await self.fresh.get();
  self.network.pass(472.999);
  await self.fresh.get();
  assertEquals(self.readings, 1);
  self.network.pass(0.001);
  await self.fresh.get();
  assertEquals(self.readings, 2);
});

test("get() takes what another instance read in the last eight minutes", {
  timeout,
}, async () => {
  const self = origin();
  await self.fresh.get();
  assertEquals(self.newerThan, self.network.now() - 480_000);
});

test("reload() takes what another instance read in the last everySeconds", {
  timeout,
}, async () => {
  const self = origin();
  await self.fresh.reload(10);
  assertEquals(self.newerThan, self.network.now() - 10_000);
});

test("reload() reads anew, unless that was done less than everySeconds ago", {
  timeout,
}, async () => {
  const self = origin();
  assertEquals(await self.fresh.reload(10), "first");
  self.read = () => Promise.resolve("second");
  self.network.pass(9.999);
  assertEquals(await self.fresh.reload(10), "first");
  assertEquals(self.readings, 1);
  self.network.pass(0.001);
  assertEquals(await self.fresh.reload(10), "second");
  assertEquals(self.readings, 2);
  assertEquals(await self.fresh.get(), "second");
});

test("reload() reads once for a hundred callers", { timeout }, async () => {
  const self = origin();
  await self.fresh.get();
  self.network.pass(10);
  self.read = () => Promise.resolve("second");
  const values = await Promise.all(
    Array.from({ length: 100 }, () => self.fresh.reload(10)),
  );
  assertEquals(new Set(values), new Set(["second"]));
  assertEquals(self.readings, 2);
});

test("reload() waits for a reading that has begun", { timeout }, async () => {
  const second = Promise.withResolvers<string>();
  const self = origin();
  await self.fresh.get();
  self.network.pass(480);
  self.read = () => second.promise;
  await self.fresh.get();
  const reloaded = self.fresh.reload(10);
  second.resolve("second");
  assertEquals(await reloaded, "second");
  assertEquals(self.readings, 2);
});

test(
  "reload() remembers a failure for everySeconds, and leaves the value to get()",
  { timeout },
  async () => {
    const self = origin();
    await self.fresh.get();
    self.network.pass(10);
    self.read = away;
    assertStrictEquals(await assertRejects(() => self.fresh.reload(10)), AWAY);
    self.network.pass(9.999);
    assertStrictEquals(await assertRejects(() => self.fresh.reload(10)), AWAY);
    assertEquals(self.readings, 2);
    assertEquals(await self.fresh.get(), "first");
    self.network.pass(0.001);
    self.read = () => Promise.resolve("second");
    assertEquals(await self.fresh.reload(10), "second");
  },
);

test(
  "reload() takes over a reading that did not end in 10 s",
  { timeout },
  async () => {
    const self = origin(never);
    self.fresh.get();
    const waiting = self.fresh.reload(10);
    self.network.pass(10);
    self.read = () => Promise.resolve("second");
    assertEquals(await self.fresh.reload(10), "second");
    assertEquals(await waiting, "second");
  },
);

test("reload() takes over an abandoned reading, however seldom it may read", {
  timeout,
}, async () => {
  const self = origin(never);
  self.fresh.get();
  self.network.pass(10);
  self.read = () => Promise.resolve("second");
  assertEquals(await self.fresh.reload(60), "second");
});

test(
  "get() hands the reading to the request's waitUntil, and to the platform's where it has none",
  { timeout },
  async () => {
    const handed: string[] = [];
    const network = testNetwork();
    const fresh = keepFresh(
      () => Promise.resolve({ value: "value", readAt: network.now() }),
      ISSUER_FRESHNESS,
      resolvePlatform({
        ...network,
        waitUntil: () => void handed.push("platform's"),
      }),
    );
    const request = {
      waitUntil(work: Promise<unknown>): void {
        assertStrictEquals(this, request); // Workers' context insists on it
        assertStrictEquals(work instanceof Promise, true);
        handed.push("request's");
      },
    };
    await fresh.get(request);
    assertEquals(handed, ["request's"]);
    network.pass(480);
    await fresh.get({});
    assertEquals(handed, ["request's", "platform's"]);
    network.pass(480);
    await fresh.reload(10, request);
    assertEquals(handed, ["request's", "platform's", "request's"]);
    await fresh.get(request);
    assertEquals(handed.length, 3);
  },
);

test("get() hands on work that never rejects", { timeout }, async () => {
  const work: Promise<unknown>[] = [];
  const { fresh } = origin(away);
  await assertRejects(() =>
    fresh.get({ waitUntil: (promise) => void work.push(promise) })
  );
  assertEquals(await Promise.all(work), [undefined]);
});

test("get() needs no waitUntil", { timeout }, async () => {
  const { fetch, now } = testNetwork();
  const fresh = keepFresh(
    () => Promise.resolve({ value: "value", readAt: now() }),
    ISSUER_FRESHNESS,
    resolvePlatform({ fetch, now }),
  );
  assertEquals(await fresh.get(), "value");
});

test("get() and reload() tell the reader who asked", { timeout }, async () => {
  const network = testNetwork();
  const requests: unknown[] = [];
  const fresh = keepFresh(
    (_, request) => {
      requests.push(request);
      return Promise.resolve({ value: "value", readAt: network.now() });
    },
    ISSUER_FRESHNESS,
    resolvePlatform(network),
  );
  const [first, second] = [{}, {}];
  await fresh.get(first);
  network.pass(480);
  await fresh.get(second);
  network.pass(10);
  await fresh.reload(10);
  assertEquals(requests.length, 3);
  assertStrictEquals(requests[0], first);
  assertStrictEquals(requests[1], second);
  assertStrictEquals(requests[2], undefined);
});
