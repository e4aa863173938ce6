import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { test } from "node:test";
import { RequestError } from "../../src/errors.ts";
import { readOperations } from "../../src/mcp/operations.ts";
import type { Operation } from "../../src/types.ts";

const CALL =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}';
const BOM = "\ufeff";

/** A body and its operations, each a method and, after a space, its target. */
const understood: readonly (readonly [
  why: string,
  body: string,
  ...operations: string[],
])[] = [
  ["a tool", CALL, "tools/call a"],
  ["a prompt", ask("prompts/get", { name: "p" }), "prompts/get p"],
  ["a resource", ask("resources/read", { uri: "x:a" }), "resources/read x:a"],
  [
    "a subscription",
    ask("resources/subscribe", { uri: "x" }),
    "resources/subscribe x",
  ],
  [
    "its end",
    ask("resources/unsubscribe", { uri: "x" }),
    "resources/unsubscribe x",
  ],
  [
    "a method without targets",
    ask("tools/list", { name: "a" }),
    "tools/list",
  ],
  [
    "a notification",
    '{"method":"notifications/initialized"}',
    "notifications/initialized",
  ],
  ["a response", '{"id":1,"result":{"method":"tools/call"}}'],
  ["an error", '{"id":1,"error":{"code":-1,"message":"a"}}'],
  ["an empty batch", "[]"],
  [
    "a batch",
    `[${CALL},{"id":2,"result":{}},{"method":"ping"}]`,
    "tools/call a",
    "ping",
  ],
  [
    "a method twice, by the last",
    '{"method":"ping","method":"initialize"}',
    "initialize",
  ],
  [
    "a name twice, by the last",
    `${CALL.slice(0, -2)},"name":"b"}}`,
    "tools/call b",
  ],
  [
    "params twice, by the last",
    `${CALL.slice(0, -1)},"params":{}}`,
    "tools/call",
  ],
  ["escaped members", '{"\\u006dethod":"pin\\u0067"}', "ping"],
  ["an escaped name", CALL.replace('"a"', '"\\u0061"'), "tools/call a"],
  ["a member named __proto__", '{"__proto__":{"method":"tools/call"}}'],
  [
    "a parameter named __proto__",
    CALL.replace('{"name":"a"}', '{"__proto__":{"name":"a"}}'),
    "tools/call",
  ],
  [
    "a method named constructor",
    ask("constructor", { name: "a" }),
    "constructor",
  ],
  ["a task", ask("tasks/get", { taskId: "t" }), "tasks/get t"],
  ["a task's result", ask("tasks/result", { taskId: "t" }), "tasks/result t"],
  ["a task's input", ask("tasks/update", { taskId: "t" }), "tasks/update t"],
  ["a task's end", ask("tasks/cancel", { taskId: "t" }), "tasks/cancel t"],
  ["all tasks", ask("tasks/list", { taskId: "t" }), "tasks/list"],
  [
    "a completion for a prompt",
    ask("completion/complete", { ref: { type: "ref/prompt", name: "p" } }),
    "completion/complete p",
  ],
  [
    "a completion for a resource",
    ask("completion/complete", { ref: { type: "ref/resource", uri: "x:{a}" } }),
    "completion/complete x:{a}",
  ],
  [
    "a completion that names a template and a prompt, both of them",
    ask("completion/complete", {
      ref: { type: "ref/resource", uri: "x:a", name: "p" },
    }),
    "completion/complete p",
    "completion/complete x:a",
  ],
  [
    "a completion of a prompt that has only a URI",
    ask("completion/complete", { ref: { type: "ref/prompt", uri: "x:a" } }),
    "completion/complete x:a",
  ],
  [
    "a completion without a reference",
    ask("completion/complete", {}),
    "completion/complete",
  ],
  [
    "a subscription to several resources, each of them",
    ask("subscriptions/listen", {
      notifications: { resourceSubscriptions: ["x:a", "x:b"] },
    }),
    "subscriptions/listen",
    "subscriptions/listen x:a",
    "subscriptions/listen x:b",
  ],
  [
    "a subscription without a resource",
    ask("subscriptions/listen", { notifications: { toolsListChanged: true } }),
    "subscriptions/listen",
  ],
  ["a name that is empty", ask("tools/call", { name: "" }), "tools/call "],
  [
    "a name in another parameter",
    ask("tools/call", { uri: "a" }),
    "tools/call",
  ],
  ["params that are null", ask("tools/call", null), "tools/call"],
  ["params that are an array", ask("tools/call", ["a"]), "tools/call"],
  ["params that are a string", ask("tools/call", "name"), "tools/call"],
  ["white space around", ` \r\n\t${CALL} `, "tools/call a"],
  ["a byte order mark", `${BOM}${CALL}`, "tools/call a"],
];

for (const [why, body, ...operations] of understood) {
  test(`readOperations() finds the operations of ${why}`, async () => {
    const read = await readOperations(post(body), 1000);
    assertEquals(read.operations.map(written), operations);
    assertEquals(read.parsedBody, JSON.parse(body.replace(BOM, "")));
    assertEquals(await read.request.json(), read.parsedBody);
  });
}

type Reason = RequestError["reason"];

const NOT_UTF8 = [
  ["a byte that no character has", 0xff],
  ["an overlong quote", 0xc0, 0xa2],
  ["half a surrogate pair", 0xed, 0xa0, 0x80],
  ["a character that is cut off", 0xc3],
] as const;

for (const [why, ...bytes] of NOT_UTF8) {
  for (
    const [how, init] of [["of a known length", true], [
      "of any length",
      false,
    ]] as const
  ) {
    test(`readOperations() decodes ${why} once, for the policy and for the handler, in a body ${how}`, async () => {
      const [head, tail] = CALL.split('a"}').map(bytesOf);
      const body = Uint8Array.of(
        ...head!,
        ...bytes,
        ...bytesOf('a"}'),
        ...tail!,
      );
      const request = post(body);
      if (init) request.headers.set("content-length", `${body.length}`);
      const read = await readOperations(request, 1000);
      const [{ name } = {}] = read.operations;
      assertEquals(/^\ufffd+a$/.test(name ?? ""), true, name);
      const { params } = await read.request.json();
      assertEquals(params.name, name);
      assertEquals(
        read.parsedBody,
        JSON.parse(JSON.stringify(read.parsedBody)),
      );
    });
  }
}

const UTF_16 = Uint8Array.from([...CALL].flatMap((c) => [c.charCodeAt(0), 0]));

const refused: readonly (readonly [
  why: string,
  body: string | Uint8Array<ArrayBuffer>,
  reason: Reason,
])[] = [
  ["an empty body", "", "body_not_json"],
  ["white space", "  ", "body_not_json"],
  ["what is not JSON", "{method:1}", "body_not_json"],
  ["two values", `${CALL}${CALL}`, "body_not_json"],
  ["a comment", `${CALL}//`, "body_not_json"],
  ["two byte order marks", `${BOM}${BOM}${CALL}`, "body_not_json"],
  ["a byte order mark inside", `[${BOM}${CALL}]`, "body_not_json"],
  ["UTF-16", UTF_16, "body_not_json"],
  ["null", "null", "body_not_a_message"],
  ["a number", "1", "body_not_a_message"],
  ["a string", '"tools/call"', "body_not_a_message"],
  ["a batch in a batch", `[[${CALL}]]`, "body_not_a_message"],
  [
    "a batch in a batch with a message",
    `[${CALL},[${CALL}]]`,
    "body_not_a_message",
  ],
  ["null in a batch", `[${CALL},null]`, "body_not_a_message"],
  [
    "a method that is an array",
    '{"method":["tools/call"]}',
    "body_not_a_message",
  ],
  ["a method that is null", '{"method":null}', "body_not_a_message"],
  ...([null, 1, true, ["a"], {}].flatMap((name) => [
    ask("tools/call", { name }),
    ask("prompts/get", { name }),
    ask("resources/read", { uri: name }),
    ask("tasks/get", { taskId: name }),
    ask("completion/complete", { ref: { type: "ref/prompt", name } }),
    ask("completion/complete", { ref: { name: "a", uri: name } }),
    ask("subscriptions/listen", {
      notifications: { resourceSubscriptions: ["x:a", name] },
    }),
  ]).map((body) => [body, body, "body_not_a_message"] as const)),
  [
    "resources that are not an array",
    ask("subscriptions/listen", {
      notifications: { resourceSubscriptions: {} },
    }),
    "body_not_a_message",
  ],
  ...["resources/read", "resources/subscribe", "resources/unsubscribe"].map(
    (method) =>
      [
        `a URI of 8193 characters for ${method}`,
        ask(method, { uri: uriOf(8193) }),
        "uri_too_long",
      ] as const,
  ),
  [
    "a subscription to a long URI",
    ask("subscriptions/listen", {
      notifications: { resourceSubscriptions: ["x:a", uriOf(8193)] },
    }),
    "uri_too_long",
  ],
  [
    "a URI whose host would take long to parse",
    ask("resources/read", { uri: `https://a${"\u0300".repeat(300)}/` }),
    "uri_too_long",
  ],
];

for (const [why, body, reason] of refused) {
  test(`readOperations() refuses ${why} as ${reason}`, async () => {
    assertEquals(await reasonFor(post(body), 20_000), reason);
  });
}

test("readOperations() accepts URIs of 8192 characters, and longer names of tools", async () => {
  for (
    const body of [
      ask("resources/read", { uri: uriOf(8192) }),
      ask("resources/read", { uri: `notes://a${"\u0300".repeat(300)}/` }),
      ask("tools/call", { name: uriOf(8193) }),
    ]
  ) {
    const { operations } = await readOperations(post(body), 100_000);
    assertEquals(operations.length, 1);
  }
});

test("readOperations() survives arrays nested a hundred thousand deep", async () => {
  const body = "[".repeat(1e5) + "]".repeat(1e5);
  await assertRejects(() => readOperations(post(body), 1e6), RequestError);
});

const encodings: readonly (readonly [
  field: string,
  value: string,
  ok: boolean,
])[] = [
  ["content-type", "application/json", true],
  ["content-type", "application/json; charset=utf-8", true],
  ["content-type", 'application/json;a=b;Charset = "UTF-8"', true],
  ["content-type", "application/json;charset=UTF8", true],
  ["content-type", "text/plain", true],
  ["content-type", "application/json; charset=utf-16", false],
  ["content-type", "application/json; charset=utf-7", false],
  ["content-type", "application/json; CHARSET=utf-16", false],
  ["content-type", "application/json; charset=x-utf-8", false],
  ["content-type", "application/json; charset=iso-8859-1", false],
  ["content-type", "application/json; charset=utf-8-x", false],
  ["content-type", "application/json; charset='utf-8'", false],
  ["content-type", "application/json; charset=", false],
  ["content-type", 'application/json; charset=""', false],
  ["content-type", "application/json; charset=utf-8; charset=utf-16", false],
  ["content-type", "application/json; charset=utf-8, a/b; charset=x", false],
  ["content-type", 'a/b; x="; charset=utf-8"; charset=utf-16', false],
  ["content-type", 'a/b; x="; charset=utf-16"', false],
  ["content-type", "application/json; charset*=utf-8''utf-16", false],
  ["content-type", "application/json;charset\t=\tutf-16", false],
  ["content-type", "multipart/form-data; boundary=a", true],
  ["content-encoding", "identity", true],
  ["content-encoding", "Identity", true],
  ["content-encoding", "gzip", false],
  ["content-encoding", "identity, gzip", false],
  ["content-encoding", "", false],
];

for (const [field, value, ok] of encodings) {
  const verb = ok ? "reads" : "refuses";
  test(`readOperations() ${verb} a body of ${field} "${value}"`, async () => {
    const reason = await reasonFor(post(CALL, { [field]: value }));
    assertEquals(reason, ok ? undefined : "body_encoded");
  });
}

/** Bodies where 100 bytes are allowed. */
const sizes: readonly (readonly [
  why: string,
  bytes: number,
  announced: string | undefined,
  ok: boolean,
])[] = [
  ["100 bytes", 100, undefined, true],
  ["100 bytes, announced", 100, "100", true],
  ["101 bytes", 101, undefined, false],
  ["101 bytes, announced", 101, "101", false],
  ["101 bytes, announced as 5", 101, "5", false],
  ["101 bytes, announced as 0", 101, "0", false],
  ["101 bytes, announced as -1", 101, "-1", false],
  ["101 bytes, announced as a word", 101, "many", false],
  ["50 bytes, announced as 101", 50, "101", false],
];

for (const [why, bytes, announced, ok] of sizes) {
  const headers: Record<string, string> = announced === undefined
    ? {}
    : { "content-length": announced };
  const body = bytesOf('{"method":"ping"}'.padEnd(bytes));
  const expected = ok ? undefined : "body_too_large";
  const verb = ok ? "reads" : "refuses";

  test(`readOperations() ${verb} a body of ${why}`, async () => {
    assertEquals(await reasonFor(post(body, headers), 100), expected);
  });

  test(`readOperations() ${verb} a body of ${why}, in chunks`, async () => {
    const stream = piecesOf(body);
    assertEquals(await reasonFor(post(stream, headers), 100), expected);
  });
}

test("readOperations() counts bytes, not characters", async () => {
  const body = JSON.stringify({ method: "\u20ac".repeat(30) });
  assertEquals(await reasonFor(post(body), 102), "body_too_large");
  assertEquals(await reasonFor(post(body), 103), undefined);
});

test("readOperations() decodes characters that are split between chunks", async () => {
  const body = piecesOf(bytesOf('{"method":"\u20ac\u{1f600}"}'));
  const { operations } = await readOperations(post(body), 100);
  assertEquals(operations, [{ method: "\u20ac\u{1f600}" }]);
});

for (const announced of [undefined, "many", "-1", "5, 5"]) {
  test(`readOperations() stops reading at the limit, and cancels the stream, where the length is announced as ${announced}`, async () => {
    let pieces = 0;
    let cancelled = false;
    const long = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller): void {
        if (++pieces === 1000) controller.close();
        else controller.enqueue(bytesOf(" ".repeat(10)));
      },
      cancel(): void {
        cancelled = true;
      },
    });
    const request = announced === undefined
      ? post(long)
      : post(long, { "content-length": announced });
    assertEquals(await reasonFor(request, 100), "body_too_large");
    assert(pieces < 20, `${pieces} pieces were read`);
    assert(cancelled);
  });
}

test("readOperations() passes on the error of a body that breaks off", async () => {
  const error = new Error("gone");
  const broken = new ReadableStream({
    start: (controller) => controller.error(error),
  });
  assertStrictEquals(
    await assertRejects(() => readOperations(post(broken), 100)),
    error,
  );
});

test("readOperations() returns a request without a body unchanged", async () => {
  for (const method of ["GET", "DELETE", "POST"]) {
    const request = new Request("https://h/mcp", {
      method,
      headers: { "content-encoding": "gzip" },
    });
    const read = await readOperations(request, 100);
    assertStrictEquals(read.request, request);
    assertEquals([read.parsedBody, read.operations], [undefined, []]);
  }
});

test("readOperations() returns a request with the same URL, method and headers", async () => {
  const url = "https://h/mcp?a=b%20c#d";
  const headers = { accept: "a", "content-type": "b", "mcp-name": "a" };
  const original = new Request(url, { method: "PUT", headers, body: CALL });
  const { request } = await readOperations(original, 1000);
  assertEquals([request.url, request.method], [original.url, "PUT"]);
  assertEquals(Object.fromEntries(request.headers), headers);
});

test("readOperations() returns a request whose body can be read, without a byte order mark", async () => {
  const body = bytesOf(`${BOM} ${CALL}\n`);
  for (const sent of [body, piecesOf(body)]) {
    const { request } = await readOperations(post(sent), 1000);
    assertEquals(request.bodyUsed, false);
    assertEquals(await request.text(), ` ${CALL}\n`);
  }
});

test("readOperations() returns a request whose signal aborts with that of the original", async () => {
  const controller = new AbortController();
  const original = new Request(
    "https://h/mcp",
    init({ method: "POST", body: CALL, signal: controller.signal }),
  );
  const { request } = await readOperations(original, 1000);
  assertEquals(request.signal.aborted, false);
  controller.abort("gone");
  assertEquals(request.signal.aborted, true);
});

function ask(method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
}

function written({ method, name }: Operation): string {
  return name === undefined ? method : `${method} ${name}`;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A body that comes byte by byte. */
function piecesOf(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  const left = bytes.values();
  return new ReadableStream({
    pull(controller): void {
      const { value, done } = left.next();
      if (done) controller.close();
      else controller.enqueue(Uint8Array.of(value));
    },
  });
}

/** `duplex` is what a body that is a stream has to be sent with, and is in no type. */
function init(init: RequestInit): RequestInit {
  return { ...init, duplex: "half" } as RequestInit;
}

function post(body: BodyInit, headers: Record<string, string> = {}): Request {
  return new Request("https://h/mcp", init({ method: "POST", headers, body }));
}

/** Why the request is refused; `undefined` where it is not. */
async function reasonFor(
  request: Request,
  maxBytes: number = 1000,
): Promise<Reason | undefined> {
  try {
    await readOperations(request, maxBytes);
    return undefined;
  } catch (error) {
    if (error instanceof RequestError) return error.reason;
    throw error;
  }
}

for (const method of ["DELETE", "PUT"]) {
  test(`readOperations() treats an empty body as none, in a ${method}`, async () => {
    const request = new Request("https://notes.example.com/mcp", {
      method,
      body: "",
    });
    const read = await readOperations(request, 100);
    assertEquals([read.parsedBody, read.operations], [undefined, []]);
    assertEquals([read.request.method, await read.request.text()], [
      method,
      "",
    ]);
  });
}

test("readOperations() accepts a thousand operations and no more", async () => {
  for (
    const [length, reason] of [[1000, undefined], [
      1001,
      "body_too_large",
    ]] as const
  ) {
    const batch = Array.from({ length }, () => ({ method: "ping" }));
    const body = JSON.stringify(batch);
    assertEquals(await reasonFor(post(body), 100_000), reason);
    const uris = Array.from({ length: length - 1 }, () => "x:a");
    const listen = ask("subscriptions/listen", {
      notifications: { resourceSubscriptions: uris },
    });
    assertEquals(await reasonFor(post(listen), 100_000), reason);
  }
});

test("readOperations() returns each operation's params: the objects that the handler receives", async () => {
  const body = `[${CALL},{"method":"ping"},{"method":"ping","params":[1]}]`;
  const { operations, params, parsedBody } = await readOperations(
    post(body),
    1000,
  );
  const messages = parsedBody as { params?: object }[];
  assertStrictEquals(params?.get(operations[0]!), messages[0]!.params);
  assertEquals(params?.get(operations[1]!), {});
  assertEquals(operations.length, 3);
});

test("readOperations() calls judge with the headers' operation before it reads the body", async () => {
  const body = new ReadableStream({
    pull(): void {
      throw new Error("was read");
    },
  }, { highWaterMark: 0 });
  const headers = { "mcp-method": "tools/call", "mcp-name": "a" };
  const denied = new Error("denied");
  const error = await assertRejects(() =>
    readOperations(post(body, headers), 1000, (operations) => {
      assertEquals(operations, [{ method: "tools/call", name: "a" }]);
      throw denied;
    })
  );
  assertStrictEquals(error, denied);
});

test("readOperations() does not call judge without a body", async () => {
  const request = new Request("https://h/mcp", {
    headers: { "mcp-method": "tools/call", "mcp-name": "a" },
  });
  await readOperations(request, 1000, () => {
    throw new Error("was judged");
  });
});

test("readOperations() reads a flood of spaces in a header in linear time", async () => {
  // A pattern that goes back would not end in a test's time.
  const flood = `application/json; charset${" ".repeat(3e5)}x`;
  const read = await readOperations(
    post(CALL, { "content-type": flood }),
    1000,
  );
  assertEquals(read.operations.length, 1);
});

function uriOf(length: number): string {
  return "notes://h/".padEnd(length, "a");
}

test("readOperations() copies a Request that only a replaced global Request can copy, as @hono/node-server's", async () => {
  const native = globalThis.Request;
  const given = new native("http://localhost/mcp", {
    method: "POST",
    body: CALL,
  });
  // No constructor but its own reads it: it has no private state.
  const request = new Proxy(given, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  globalThis.Request = class extends native {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(input === request ? given : input, init);
    }
  };
  try {
    const read = await readOperations(request, 1000);
    assertEquals(read.operations, [{ method: "tools/call", name: "a" }]);
    assertEquals(await read.request.text(), CALL);
  } finally {
    globalThis.Request = native;
  }
});
