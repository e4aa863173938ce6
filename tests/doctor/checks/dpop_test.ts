import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { dpop } from "../../../src/dpop/mod.ts";
import { formatReport, reportPage } from "../../../src/doctor/mod.ts";
import {
  at,
  codesOf,
  examineWorld,
  field,
  isAnonymous,
  members,
  only,
  RESOURCE_METADATA,
  ROOT_METADATA,
  TOKEN,
  URL_OF_MCP,
} from "../world.ts";

for (const mode of ["optional", "required"] as const) {
  test(`examine() reports that bound tokens are ${mode}, and finds nothing wrong with it`, async () => {
    const algorithms = ["ES256", "EdDSA"] as const;
    const { report, asked } = await examineWorld(
      [],
      { tokens: { valid: TOKEN } },
      URL_OF_MCP,
      { dpop: dpop({ mode, algorithms }) },
    );
    assertEquals(codesOf(report), []);
    assertEquals(report.dpop, { mode, algorithms: [...algorithms] });
    assertEquals(JSON.parse(JSON.stringify(report)).dpop, report.dpop);
    const words = mode === "optional"
      ? "Tokens may be bound to a key by DPoP, with proofs by ES256, EdDSA."
      : "Tokens have to be bound to a key by DPoP, with proofs by ES256, EdDSA.";
    assertStringIncludes(formatReport(report, { columns: 100 }), words);
    assertStringIncludes(await reportPage(report), words);
    assertEquals(asked.length > 20, true);
  });
}

test("examine() says nothing of bound tokens if the server does not", async () => {
  const { report } = await examineWorld([]);
  assertEquals("dpop" in report, false);
  assertEquals(formatReport(report).includes("DPoP"), false);
});

test("examine() reports what only the challenge offers, at most 16 algorithms", async () => {
  const algs = `ES256 ${"x ".repeat(30)}`.trim();
  const challenge =
    `Bearer resource_metadata="${RESOURCE_METADATA}", DPoP algs="${algs}"`;
  const { report } = await examineWorld([
    at(URL_OF_MCP, only(isAnonymous, field("www-authenticate", challenge))),
  ]);
  assertEquals(report.dpop?.mode, "optional");
  assertEquals(report.dpop?.algorithms.length, 16);
  assertEquals(report.dpop?.algorithms[0], "ES256");
});

test("examine() still wants Bearer first from a server that only offers DPoP", async () => {
  const challenge =
    `DPoP algs="ES256", resource_metadata="${RESOURCE_METADATA}"`;
  const { report } = await examineWorld([
    at(URL_OF_MCP, only(isAnonymous, field("www-authenticate", challenge))),
  ]);
  assertEquals(codesOf(report).includes("bearer-not-first"), true);
  assertEquals(report.dpop, { mode: "optional", algorithms: ["ES256"] });
});

test("examine() reads no algorithms from what is no list of strings", async () => {
  const odd = members({
    dpop_signing_alg_values_supported: { a: 1 },
    dpop_bound_access_tokens_required: "true",
  });
  const { report } = await examineWorld(
    [RESOURCE_METADATA, ROOT_METADATA].map((url) => at(url, odd)),
  );
  assertEquals(report.dpop, { mode: "optional", algorithms: [] });
});
