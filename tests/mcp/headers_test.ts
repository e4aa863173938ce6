import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { RequestError } from "../../src/errors.ts";
import { readOperations } from "../../src/mcp/operations.ts";
import {
  readRoutingHeaders,
  routedOperations,
  type RoutingHeaders,
} from "../../src/mcp/headers.ts";
import type { Operation } from "../../src/types.ts";

/** Values of `Mcp-Name` and the names that they encode. The first ones are from the specification. */
const names:
  readonly (readonly [why: string, written: string, name: string])[] = [
    ["plain text", "us-west1", "us-west1"],
    ["other letters", "=?base64?SGVsbG8sIOS4lueVjA==?=", "Hello, 世界"],
    ["spaces around", "=?base64?IHBhZGRlZCA=?=", " padded "],
    ["a line break", "=?base64?bGluZTEKbGluZTI=?=", "line1\nline2"],
    [
      "what looks like Base64",
      "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=",
      "=?base64?literal?=",
    ],
    ["a URI", "file:///a/b?c=d", "file:///a/b?c=d"],
    ["nothing", "=?base64??=", ""],
    ["a byte order mark", "=?base64?77u/YQ==?=", "\ufeffa"],
    ["marks in capitals, as text", "=?BASE64?YQ==?=", "=?BASE64?YQ==?="],
    ["marks without an end, as text", "=?base64?YQ==", "=?base64?YQ=="],
    ["an end without a mark, as text", "YQ==?=", "YQ==?="],
    ["a space inside", "a b", "a b"],
    ["marks with text behind, as text", "=?base64?YQ==?=b", "=?base64?YQ==?=b"],
    ["marks with text before, as text", "b=?base64?YQ==?=", "b=?base64?YQ==?="],
    ["two marks, as text", "=?base64?YQ==?= b", "=?base64?YQ==?= b"],
    ["another encoding, as text", "=?base64url?YQ?=", "=?base64url?YQ?="],
    ["another charset, as text", "=?utf-8?b?YQ==?=", "=?utf-8?b?YQ==?="],
  ];

for (const [why, written, name] of names) {
  test(`readRoutingHeaders() decodes ${why}`, () => {
    const headers = new Headers({ "Mcp-Name": written });
    assertEquals(readRoutingHeaders(headers).name, name);
  });
}

const malformed:
  readonly (readonly [why: string, field: string, value: string])[] = [
    ["Base64 of no alphabet", "mcp-name", "=?base64?****?="],
    ["Base64 for URLs", "mcp-name", "=?base64?77-_YQ==?="],
    ["Base64 without its padding", "mcp-name", "=?base64?YQ?="],
    ["Base64 with a space", "mcp-name", "=?base64?YQ= =?="],
    ["Base64 with bits to spare", "mcp-name", "=?base64?YR==?="],
    ["Base64 in marks, twice", "mcp-name", "=?base64?YQ==?= =?base64?YQ==?="],
    ["Base64 of what is not UTF-8", "mcp-name", "=?base64?/w==?="],
    ["a character that no header may have", "mcp-name", "caf\xe9"],
    ["a character that no method has", "mcp-method", "tools/\xe9"],
    ["a very long name", "mcp-name", "a".repeat(8193)],
    ["a very long method", "mcp-method", "a".repeat(8193)],
  ];

for (const [why, field, value] of malformed) {
  test(`readRoutingHeaders() rejects ${why}`, () => {
    assertEquals(
      reasonOf(() => readRoutingHeaders(new Headers({ [field]: value }))),
      "header_malformed",
    );
  });
}

test("readRoutingHeaders() accepts 8192 characters, and missing headers", () => {
  const name = "a".repeat(8192);
  const { method, ...headers } = readRoutingHeaders(
    new Headers({ "mcp-name": name }),
  );
  assertEquals([method, headers.name], [undefined, name]);
});

const operations: readonly (readonly [
  why: string,
  headers: RoutingHeaders,
  ...operations: Operation[],
])[] = [
  ["nothing without headers", {}],
  ["nothing for a name without a method", { name: "a" }],
  ["a tool", { method: "tools/call", name: "a" }, {
    method: "tools/call",
    name: "a",
  }],
  ["nothing for a tool without its name", { method: "tools/call" }],
  ["nothing for a completion, whose target is in the body", {
    method: "completion/complete",
    name: "a",
  }],
  ["nothing for a subscription, whose targets are in the body", {
    method: "subscriptions/listen",
  }],
  ["a method without targets", { method: "ping", name: "a" }, {
    method: "ping",
  }],
];

for (const [why, headers, ...expected] of operations) {
  test(`routedOperations() returns ${why}`, () => {
    assertEquals(routedOperations(headers), expected);
  });
}

const call = (name?: string): object => ({
  method: "tools/call",
  params: { name },
});
const read = { method: "resources/read", params: { uri: "x:/a/../b" } };
const get = { method: "tasks/get", params: { taskId: "t" } };
const listen = {
  method: "subscriptions/listen",
  params: { notifications: { resourceSubscriptions: ["x:a"] } },
};
const complete = {
  method: "completion/complete",
  params: { ref: { type: "ref/prompt", name: "p" } },
};

/** A body, and headers that agree with it or contradict it. */
const comparisons: readonly (readonly [
  why: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
  agree: boolean,
])[] = [
  ["no headers", call("a"), {}, true],
  ["a method", call("a"), { "mcp-method": "tools/call" }, true],
  ["a name", call("a"), { "mcp-name": "a" }, true],
  ["an encoded name", call("a"), { "mcp-name": "=?base64?YQ==?=" }, true],
  ["a URI to the letter", read, { "mcp-name": "x:/a/../b" }, true],
  ["a task", get, { "mcp-method": "tasks/get", "mcp-name": "t" }, true],
  [
    "a subscription",
    listen,
    { "mcp-method": "subscriptions/listen" },
    true,
  ],
  ["a completion", complete, { "mcp-method": "completion/complete" }, true],
  ["a name for a method without targets", { method: "x/y" }, {
    "mcp-method": "x/y",
    "mcp-name": "z",
  }, true],
  ["an older version", call("a"), {
    "mcp-protocol-version": "2025-06-18",
    "mcp-method": "tools/call",
    "mcp-name": "a",
  }, true],
  ["an unknown version", call("a"), {
    "mcp-protocol-version": "banana",
  }, true],

  ["another method", call("a"), { "mcp-method": "ping" }, false],
  ["another name", call("a"), { "mcp-name": "b" }, false],
  ["another name in an older version", call("a"), {
    "mcp-protocol-version": "2025-06-18",
    "mcp-name": "b",
  }, false],
  ["a method in capitals", call("a"), { "mcp-method": "Tools/Call" }, false],
  ["a name in capitals", call("a"), { "mcp-name": "A" }, false],
  ["another encoded name", call("a"), { "mcp-name": "=?base64?Yg==?=" }, false],
  ["a name for a call without one", call(), { "mcp-name": "a" }, false],
  ["an empty name", call("a"), { "mcp-name": "" }, false],
  ["an empty method", call("a"), { "mcp-method": "" }, false],
  ["two names", call("a"), { "mcp-name": "a, a" }, false],
  ["an equivalent URI", read, { "mcp-name": "x:/b" }, false],
  ["another task", get, { "mcp-name": "u" }, false],
  ["a method for a response", { id: 1, result: {} }, {
    "mcp-method": "tools/call",
  }, false],
  ["a method for a batch", [call("a")], { "mcp-method": "tools/call" }, false],
  ["a name for a batch", [call("a")], { "mcp-name": "a" }, false],
  ["a method for an empty batch", [], { "mcp-method": "ping" }, false],
  ["another method for a notification", { method: "notifications/x" }, {
    "mcp-method": "ping",
  }, false],
];

for (const [why, body, headers, agree] of comparisons) {
  test(`checkRoutingHeaders() ${agree ? "accepts" : "rejects"} ${why}`, async () => {
    const request = new Request("https://h/mcp", {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    let reason: string | undefined;
    try {
      await readOperations(request, 1000);
    } catch (error) {
      reason = (error as RequestError).reason;
    }
    assertEquals(reason, agree ? undefined : "header_contradicts_body");
  });
}

function reasonOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof RequestError) return error.reason;
    throw error;
  }
}
