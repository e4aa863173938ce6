import { assert, assertEquals, assertFalse } from "@std/assert";
import { test } from "node:test";
import { parseChallenges } from "../src/http/www_authenticate.ts";
import type { Decision } from "../src/decisions.ts";
import { answerNothing } from "../src/testing/mod.ts";
import { METADATA_URL, post, protect, RESOURCE } from "./support/protected.ts";
import {
  ALGORITHMS,
  forge,
  issuer,
  keyOf,
  network,
  refusedClaims,
  type RefusedToken,
  refusedTokens,
  stranger,
} from "./support/tokens.ts";

const { handle, decisions, calls } = protect({ platform: network });
const HEADER = { alg: "ES256", kid: "ES256", typ: "at+jwt" };

for (const alg of ALGORITHMS) {
  test(`protectResource() accepts a token that is signed by ${alg}`, async () => {
    const token = await issuer.token({}, {}, keyOf(alg));
    const response = await handle(post({ token }));
    assertEquals(response.status, 200);
    assertEquals(calls.at(-1)?.[1].authInfo.token, token);
  });
}

/** What only the whole line refuses so. */
const more: readonly RefusedToken[] = [
  [
    "20 kB of token",
    "malformed_token",
    () => issuer.token({ x: "x".repeat(15_000) }),
  ],
  ["exp of infinity", "expired", () =>
    forge(
      HEADER,
      JSON.stringify(issuer.claims()).replace(/"exp":\d+/, '"exp":1e999'),
    )],
  ["two aud, of which the last is another's", "wrong_audience", () =>
    forge(
      HEADER,
      JSON.stringify(issuer.claims()).replace(/}$/, ',"aud":"x"}'),
    )],
  ["an aud that is inherited", "missing_claim", () =>
    forge(
      HEADER,
      JSON.stringify({ ...issuer.claims(), aud: undefined })
        .replace("{", `{"__proto__":{"aud":"${RESOURCE}"},`),
    )],
  ["a payload of 10,000 levels", "malformed_token", () => nested(10_000)],
  [
    "a payload of 5,000 levels, by a stranger",
    "bad_signature",
    () => nested(5_000),
  ],
];

/** On the way through the Authorization field, a comma is seen first. */
const WITH_COMMAS = "JSON serialization (RFC 7515 §7.2)";

const rows: readonly RefusedToken[] = [
  ...refusedTokens.filter(([why]) => why !== WITH_COMMAS),
  ...refusedClaims.map(([why, reason, claims]) =>
    [why, reason, () => issuer.token(claims)] as const
  ),
  ...more,
];

for (const [why, reason, make] of rows) {
  test(`protectResource() answers ${why} with 401 invalid_token, and repeats nothing of it`, async () => {
    const token = await make();
    const called = calls.length;
    const response = await handle(post({ token }));
    const body = await response.text();
    assertEquals(response.status, 401);
    assertEquals(calls.length, called);

    const decision = decisions.at(-1)!;
    assert(decision.outcome === "refused");
    assertEquals([decision.reason, decision.status], [reason, 401]);

    const [challenge, ...others] = parseChallenges(
      response.headers.get("www-authenticate")!,
    );
    assertEquals(others, []);
    assertEquals(challenge?.scheme, "bearer");
    const { error_description, ...params } = challenge!.params;
    assertEquals({ ...params }, {
      error: "invalid_token",
      resource_metadata: METADATA_URL,
    });
    assertEquals(JSON.parse(body), {
      error: "invalid_token",
      error_description,
    });
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertEquals(
      response.headers.get("access-control-expose-headers")
        ?.includes("WWW-Authenticate"),
      true,
    );
    assertEquals(leaks(token, sentOf(response, body)), []);
    const told = leaks(token, toldOf(response, body, decision));
    // The one thing that the log may have of a token's claims.
    const { received = [] } = decision;
    assertEquals(told.filter((part) => !received.includes(part)), []);
  });
}

test(`protectResource() takes ${WITH_COMMAS} for two credentials`, async () => {
  const [, , make] = refusedTokens.find(([why]) => why === WITH_COMMAS)!;
  const token = await make();
  const response = await handle(post({ token }));
  const body = await response.text();
  assertEquals(response.status, 400);
  assertEquals(leaks(token, toldOf(response, body, decisions.at(-1)!)), []);
});

test("protectResource() tells of an accepted token everything but the token", async () => {
  const token = await issuer.token();
  const response = await handle(post({ token }));
  const body = await response.text();
  const told = toldOf(response, body, decisions.at(-1)!);
  assertEquals(leaks(token, told), ["user-1", "client-1"]);
});

test("protectResource() lets no token from the URL in, though it is good", async () => {
  const token = await issuer.token();
  const url = `${RESOURCE}?access_token=${token}`;
  for (
    const [request, status] of [
      [post({ url }), 401],
      [post({ url, token }), 400],
      [post({ url: `${RESOURCE}?x=1&%61ccess_token=${token}` }), 401],
    ] as const
  ) {
    const response = await handle(request);
    assertEquals(response.status, status);
    const told = toldOf(response, await response.text(), decisions.at(-1)!);
    assertEquals(leaks(token, told), []);
  }
});

test("protectResource() tells nothing of a good token that it cannot check, or that grants too little", async () => {
  const { handle, decisions, issuer, network } = protect({
    scopes: { required: ["notes:read"] },
  });
  const token = await issuer.token();
  const statuses: number[] = [];
  for (const outage of [answerNothing(), undefined]) {
    network.outage = outage;
    network.pass(5);
    const response = await handle(post({ token }));
    statuses.push(response.status);
    const told = toldOf(response, await response.text(), decisions.at(-1)!);
    assertEquals(leaks(token, told), []);
  }
  assertEquals(statuses, [503, 403]);
});

test("protectResource() asks nobody but the issuer, whatever a header names", () => {
  const hosts = new Set(network.requests.map((url) => new URL(url).host));
  assertEquals(hosts, new Set(["localhost:9000"]));
});

function nested(depth: number): Promise<string> {
  const deep = `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const claims = JSON.stringify(issuer.claims());
  return forge(HEADER, claims.replace(/}$/, `,"a":${deep}}`), stranger);
}

/** Everything that the client is told. */
function sentOf(response: Response, body: string): string {
  return `${body}\n${JSON.stringify([...response.headers])}`;
}

/** Everything that anybody is told of a request. */
function toldOf(response: Response, body: string, decision: Decision): string {
  const told = [sentOf(response, body), JSON.stringify(decision)];
  let error: unknown = "error" in decision ? decision.error : undefined;
  while (error instanceof Error) {
    told.push(error.message, `${error.stack}`, JSON.stringify({ ...error }));
    error = error.cause;
  }
  told.push(JSON.stringify(error) ?? "");
  return told.join("\n");
}

/** What of a token's text and claims is among what was told. */
function leaks(token: string, told: string): string[] {
  assertFalse(told === "");
  const segments = token.split(/[^\w-]+/).filter((part) => part.length > 16);
  const parts = segments.flatMap((part) => [part, part.slice(0, 24)]);
  return [...parts, "user-1", "client-1"].filter((part) => told.includes(part));
}
