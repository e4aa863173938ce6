import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  isRead,
  respondWithDocument,
  respondWithoutDocument,
} from "../../src/http/public_document.ts";

const BODY = '{"a":"\u00e9"}';
const ABSENT = { error: "not_found" };

const methods: readonly (readonly [
  method: string,
  found: number,
  absent: number,
  unreadable: number,
])[] = [
  ["GET", 200, 404, 502],
  ["HEAD", 200, 404, 502],
  ["OPTIONS", 204, 404, 204],
  ["POST", 405, 404, 405],
  ["PUT", 405, 404, 405],
  ["DELETE", 405, 404, 405],
];

for (const [method, found, absent, unreadable] of methods) {
  test(`respondWithDocument() answers ${method} with ${found}`, () => {
    const response = respondWithDocument(ask(method), BODY);
    assertEquals(response.status, found);
    assertEquals(response.headers.get("access-control-allow-origin"), "*");
    assertEquals(response.headers.get("access-control-expose-headers"), "*");
  });

  test(`respondWithoutDocument() answers ${method} with ${absent}, or ${unreadable}`, () => {
    assertEquals(
      respondWithoutDocument(ask(method), 404, ABSENT).status,
      absent,
    );
    assertEquals(
      respondWithoutDocument(ask(method), 502, ABSENT).status,
      unreadable,
    );
  });

  test(`isRead() is ${found === 200} for ${method}`, () => {
    assertEquals(isRead(ask(method)), found === 200);
  });
}

test("respondWithDocument() sends the body to the byte, as JSON", async () => {
  const response = respondWithDocument(ask("GET"), BODY);
  assertEquals(response.headers.get("content-type"), "application/json");
  assertEquals(
    new Uint8Array(await response.arrayBuffer()),
    new TextEncoder().encode(BODY),
  );
});

test("respondWithDocument() answers HEAD with the headers of GET and no body", async () => {
  const get = respondWithDocument(ask("GET"), BODY);
  const head = respondWithDocument(ask("HEAD"), BODY);
  assertEquals([...head.headers], [...get.headers]);
  assertEquals(await head.text(), "");
});

test("respondWithDocument() lets anyone keep the document for five minutes", () => {
  const { headers } = respondWithDocument(ask("GET"), BODY);
  assertEquals(headers.get("cache-control"), "public, max-age=300");
});

test("respondWithDocument() says which methods there are, with a 405", async () => {
  const response = respondWithDocument(ask("POST"), BODY);
  assertEquals(response.headers.get("allow"), "GET, HEAD, OPTIONS");
  assertEquals(await response.text(), "");
});

test("respondWithDocument() lets a preflight through, whatever it asks for", () => {
  const { headers } = respondWithDocument(ask("OPTIONS"), BODY);
  const allowed = headers.get("access-control-allow-headers")?.split(", ") ??
    [];
  // The wildcard covers every field but this one, and older browsers know no wildcard.
  for (const name of ["*", "Authorization", "MCP-Protocol-Version"]) {
    assert(allowed.includes(name), name);
  }
  assertEquals(
    headers.get("access-control-allow-methods"),
    "GET, HEAD, OPTIONS",
  );
  assert(Number(headers.get("access-control-max-age")) > 0);
});

test("respondWithDocument() is the same for every origin, without cookies", () => {
  for (const method of ["GET", "OPTIONS"]) {
    const { headers } = respondWithDocument(
      ask(method, { origin: "https://a.example" }),
      BODY,
    );
    assertEquals([...headers], [
      ...respondWithDocument(ask(method), BODY).headers,
    ]);
    assertEquals(headers.has("access-control-allow-credentials"), false);
  }
});

test("respondWithoutDocument() is JSON that no cache stores and every script may read", async () => {
  for (const status of [404, 502] as const) {
    const response = respondWithoutDocument(ask("GET"), status, ABSENT);
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertEquals(response.headers.get("content-type"), "application/json");
    assertEquals(response.headers.get("access-control-allow-origin"), "*");
    assertEquals(await response.json(), ABSENT);
  }
});

test("respondWithoutDocument() allows no page anything on a path where nothing is", async () => {
  const response = respondWithoutDocument(ask("OPTIONS"), 404, ABSENT);
  assertEquals(response.headers.get("content-type"), "application/json");
  for (const [name] of response.headers) {
    assert(!name.startsWith("access-control-"), name);
  }
  assertEquals(response.headers.get("cache-control"), "no-store");
  assertEquals(await response.json(), ABSENT);
});

function ask(method: string, headers: Record<string, string> = {}): Request {
  return new Request("https://h/x", { method, headers });
}
