import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { test } from "node:test";
import * as z from "zod/mini";
import { type Sealer, sealer } from "../../../src/bridge/sealing/sealer.ts";
import { readSecrets } from "../../../src/bridge/sealing/secrets.ts";

const ONE = "1".repeat(32);
const TWO = "2".repeat(32);
const ISSUER = "https://notes.example";
const SHAPE = z.object({ to: z.string() });

function sealerOf(secrets: readonly string[], issuer: string = ISSUER): Sealer {
  return sealer(readSecrets(secrets, issuer));
}

test("a value opens for its purpose, issuer and secret, and for no other", async () => {
  const sealed = await sealerOf([ONE]).seal("code", { to: "client" });
  const rows: [string, Sealer, Parameters<Sealer["open"]>[0], unknown][] = [
    ["the same", sealerOf([ONE]), "code", { to: "client" }],
    ["a new secret before it", sealerOf([TWO, ONE]), "code", { to: "client" }],
    ["another secret", sealerOf([TWO]), "code", undefined],
    ["another issuer", sealerOf([ONE], `${ISSUER}/a`), "code", undefined],
    ["another purpose", sealerOf([ONE]), "refresh", undefined],
    ["and another", sealerOf([ONE]), "client", undefined],
  ];
  for (const [why, { open }, purpose, expected] of rows) {
    assertEquals(await open(purpose, sealed, SHAPE), expected, why);
  }
});

test("the first secret seals: once the old one is removed, its values are closed", async () => {
  const both = sealerOf([TWO, ONE]);
  const sealed = await both.seal("client", { to: "client" });
  assertEquals(await sealerOf([ONE]).open("client", sealed, SHAPE), undefined);
  assertEquals(await sealerOf([TWO]).open("client", sealed, SHAPE), {
    to: "client",
  });
});

test("a value of another shape, a changed one and one that is none do not open", async () => {
  const { seal, open } = sealerOf([ONE]);
  const sealed = await seal("code", { to: 1 });
  const good = await seal("code", { to: "client" });
  const [header = "", key = "", iv = "", text = "", tag = ""] = good.split(".");
  const plain = btoa('{"alg":"none"}').replaceAll("=", "");
  for (
    const value of [
      sealed,
      "",
      "....",
      good.slice(0, -1),
      `${good}A`,
      [
        header,
        key,
        iv,
        `${text.slice(0, -1)}${text.endsWith("A") ? "B" : "A"}`,
        tag,
      ].join("."),
      [plain, key, iv, text, tag].join("."),
      [header, key, iv, text, tag, "x"].join("."),
      "x".repeat(100_000),
    ]
  ) {
    assertEquals(
      await open("code", value, SHAPE),
      undefined,
      value.slice(0, 80),
    );
  }
});

test("two values that hold the same look different, and say nothing of it", async () => {
  const { seal } = sealerOf([ONE]);
  const [one, other] = [
    await seal("client", { to: "client" }),
    await seal("client", { to: "client" }),
  ];
  assertEquals(one === other, false);
  assertMatch(
    atob(one.split(".")[0]!),
    /^\{"alg":"dir","enc":"A256GCM","kid":"[\w-]{8}"\}$/,
  );
});

test("a secret that is missing or short is refused, and the error does not repeat it", () => {
  for (
    const secrets of [
      [],
      [""],
      ["x".repeat(31)],
      [ONE, "short and secret"],
      [undefined as unknown as string],
      ONE as unknown as string[],
    ]
  ) {
    const error = assertThrows(() => readSecrets(secrets, ISSUER), TypeError);
    assertEquals(error.message.includes("short and secret"), false);
    assertMatch(error.message, /^Cannot use secrets: /);
  }
  assertEquals(readSecrets(["é".repeat(16)], ISSUER).length, 1, "32 bytes");
});
