import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  findingsIn,
  isBoundToResource,
  isOpenEnded,
  withFindings,
} from "../../src/tokens/findings.ts";
import type { AccessTokenClaims } from "../../src/types.ts";
import { type Introspected, introspected } from "../support/introspected.ts";
import { post, protect, type Protected } from "../support/protected.ts";

const TOKEN = "opaque";
const FOUND = withFindings({ sub: "user-1", exp: 1000 }, {
  audience: "this resource",
  exp: 1000,
});

/** What a custom verifier may do with claims, and whether the findings are still there. */
const copies: readonly (readonly [
  why: string,
  copy: (claims: AccessTokenClaims) => AccessTokenClaims,
  isKept: boolean,
])[] = [
  ["nothing", (claims) => claims, true],
  ["spread", (claims) => ({ ...claims, tenant: "acme" }), true],
  ["spread and freeze", (claims) => Object.freeze({ ...claims }), true],
  [
    "Object.assign",
    (claims) => Object.assign({ tenant: "acme" }, claims),
    true,
  ],
  ["rest", ({ sub: _sub, ...claims }) => claims, true],
  ["Object.create", (claims) => Object.create(claims), true],
  ["structuredClone", (claims) => structuredClone(claims), false],
  ["JSON", (claims) => JSON.parse(JSON.stringify(claims)), false],
  [
    "entries",
    (claims) => Object.fromEntries(Object.entries(claims)),
    false,
  ],
];

for (const [why, copy, isKept] of copies) {
  test(`findings are ${isKept ? "kept" : "lost"} by ${why}`, () => {
    const copied = copy(FOUND);
    assertEquals(isBoundToResource(copied), isKept);
    assertEquals(isOpenEnded(copied), isKept);
  });
}

test("findings do not outlive what they are about", () => {
  assert(isBoundToResource({ ...FOUND, aud: [] }));
  assert(isBoundToResource({ ...FOUND, aud: null }));
  for (const aud of ["a", ["a"], {}, ""]) {
    assertEquals(isBoundToResource({ ...FOUND, aud }), false);
  }
  for (const exp of [999, 1001, "1000", undefined]) {
    assertEquals(isOpenEnded({ ...FOUND, exp }), false);
  }
});

test("findings are frozen, and none are no member", () => {
  assert(Object.isFrozen(findingsIn(FOUND)));
  const claims = { sub: "user-1" };
  assertEquals(withFindings(claims, {}), claims);
  assertEquals(Reflect.ownKeys(withFindings(claims, {})), ["sub"]);
});

/** Names by which JSON could try to write what a symbol holds. */
const forged = Reflect.ownKeys(FOUND).flatMap((key) =>
  typeof key === "symbol"
    ? [
      `${String(key)}`,
      `${key.description}`,
      `@@${key.description}`,
      "__proto__",
    ]
    : []
);

for (const name of forged) {
  test(`no issuer can write findings into its claims: ${name}`, async () => {
    const value = `{"audience":"this resource","exp":1000}`;
    const claims = JSON.parse(`{"sub":"x","exp":1000,"${name}":${value}}`);
    for (const copy of [claims, { ...claims }, Object.assign({}, claims)]) {
      assertEquals(findingsIn(copy), {});
      assertEquals(isBoundToResource(copy), false);
      assertEquals(isOpenEnded(copy), false);
    }
    const { handle, issuer } = protect();
    const token = await issuer.token({ ...claims, aud: undefined });
    assertEquals((await handle(post({ token }))).status, 401);
  });
}

/** A resource behind a verifier that changes what an introspectionVerifier found. */
function behind(
  self: Introspected,
  change: (claims: AccessTokenClaims) => AccessTokenClaims,
  handler?: () => Response,
): Protected {
  return protect({
    platform: self.network,
    verifyAccessToken: async (token) => change(await self.verify(token)),
  }, handler);
}

/** What a custom verifier makes of the claims of a token that names no audience, and what becomes of it. */
const changes: readonly (readonly [
  why: string,
  change: (claims: AccessTokenClaims) => AccessTokenClaims,
  reason: string | undefined,
])[] = [
  ["one more claim", (claims) => ({ ...claims, tenant: "acme" }), undefined],
  ["a copy", (claims) => Object.assign({}, claims), undefined],
  [
    "an audience of its own",
    (claims) => ({ ...claims, aud: "https://other.example" }),
    "wrong_audience",
  ],
  ["a clone", (claims) => structuredClone(claims), "missing_claim"],
  ["JSON", (claims) => JSON.parse(JSON.stringify(claims)), "missing_claim"],
  [
    "another issuer",
    (claims) => ({ ...claims, iss: "https://other.example" }),
    "untrusted_issuer",
  ],
  ["an end", (claims) => ({ ...claims, exp: 1 }), "expired"],
];

for (const [why, change, reason] of changes) {
  test(`a verifier around introspectionVerifier() may resolve to ${why}: ${reason ?? "accepted"}`, async () => {
    const self = introspected({ audience: null });
    self.answer = () => Response.json({ ...self.claims(), aud: undefined });
    const { handle, decisions } = behind(self, change);
    const response = await handle(post({ token: TOKEN }));
    assertEquals(response.status, reason === undefined ? 200 : 401);
    const [decision] = decisions;
    assertEquals(
      decision?.outcome === "refused" ? decision.reason : undefined,
      reason,
    );
  });
}

/** How long a stream lives whose token names no end, by what a verifier makes of the claims. */
const lives: readonly (readonly [
  why: string,
  change: (claims: AccessTokenClaims) => AccessTokenClaims,
  isEnded: boolean,
])[] = [
  ["one more claim", (claims) => ({ ...claims, tenant: "acme" }), false],
  ["a clone", (claims) => structuredClone(claims), true],
  ["an end", (claims) => ({ ...claims, exp: 1_800_000_010 }), true],
];

for (const [why, change, isEnded] of lives) {
  test(`a stream of a token without end ${isEnded ? "ends" : "goes on"} where a verifier resolves to ${why}`, async () => {
    const self = introspected();
    self.answer = () => Response.json({ ...self.claims(), exp: undefined });
    let controller: ReadableStreamDefaultController | undefined;
    const { handle } = behind(self, change, () =>
      new Response(
        new ReadableStream({ start: (begun) => void (controller = begun) }),
        { headers: { "content-type": "text/event-stream" } },
      ));
    const { body } = await handle(post({ token: TOKEN }));
    const reader = body!.getReader();
    const event = new TextEncoder().encode("data: 1\n\n");
    controller!.enqueue(event);
    assertEquals(await reader.read(), { done: false, value: event });
    self.network.pass(3600);
    controller!.enqueue(event);
    assertEquals((await reader.read()).done, isEnded);
    await reader.cancel();
  });
}
