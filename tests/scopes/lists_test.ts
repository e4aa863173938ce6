import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { ScopePolicy } from "../../src/scopes/policy.ts";
import { callOf, post, protect, RESOURCE } from "../support/protected.ts";

const ALL = [
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
] as const;

const NOTES: ScopePolicy = {
  operations: {
    "tools/call": {
      "*": ["notes:read"],
      whoami: [],
      add_note: ["notes:write"],
      purge_notes: ["notes:admin"],
    },
    "prompts/get": { summary: ["notes:read"] },
    "resources/read": {
      "notes://secret": ["notes:admin"],
      "notes://{id}": ["notes:read"],
    },
  },
  implies: {
    "notes:admin": ["notes:write"],
    "notes:write": ["notes:read"],
  },
  lists: ALL,
};

/** What a server lists for every caller. */
const RESULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "tools/list": {
    tools: ["whoami", "list_notes", "add_note", "purge_notes"]
      .map((name) => ({ name, inputSchema: { type: "object" } })),
    nextCursor: "page 2",
    _meta: { "example.com/x": 1 },
  },
  "prompts/list": { prompts: [{ name: "summary" }, { name: "hello" }] },
  "resources/list": {
    resources: [{ uri: "notes://secret" }, { uri: "notes://1" }],
  },
  "resources/templates/list": {
    resourceTemplates: [{ uriTemplate: "notes://{id}" }, {
      uriTemplate: "pages://{id}",
    }],
  },
  ping: {},
};

interface Message {
  readonly jsonrpc?: "2.0";
  readonly id?: unknown;
  readonly method: string;
}

function answerTo({ id, method }: Message): unknown {
  return { jsonrpc: "2.0", id, result: RESULTS[method] };
}

function request(method: string, id: unknown = 1): Message {
  return { jsonrpc: "2.0", id, method };
}

interface Asked {
  readonly scope?: string;
  readonly scopes?: ScopePolicy;
}

/** The response to a caller whose handler responds with `answer`. */
async function ask(
  body: unknown,
  answer: Response,
  { scope = "", scopes = NOTES }: Asked = {},
): Promise<Response> {
  const { handle, issuer } = protect({ scopes }, () => answer);
  return await handle(post({ token: await issuer.token({ scope }), body }));
}

/** The names, URIs or templates in a list. */
function namesOf(message: unknown): unknown[] {
  const { result } = message as { result: Record<string, unknown> };
  const entries = Object.values(result).find(Array.isArray) ?? [];
  return entries.map((entry) => entry.name ?? entry.uri ?? entry.uriTemplate);
}

function eventsOf(...messages: readonly unknown[]): string {
  return messages
    .map((message, i) => `id: ${i}\ndata: ${JSON.stringify(message)}\n\n`)
    .join("");
}

function stream(text: string): Response {
  return new Response(text, {
    headers: { "content-type": "text/event-stream" },
  });
}

/** The messages in a stream's events. */
async function messagesOf(response: Response): Promise<unknown[]> {
  return [...(await response.text()).matchAll(/^data: (.*)$/gm)]
    .map(([, data]) => JSON.parse(data!));
}

/** A list, the caller's scopes, and the entries that the caller sees. */
const lists: readonly (readonly [
  method: string,
  scope: string,
  shown: readonly string[],
])[] = [
  ["tools/list", "", ["whoami"]],
  ["tools/list", "other", ["whoami"]],
  ["tools/list", "notes:read", ["whoami", "list_notes"]],
  ["tools/list", "notes:write", ["whoami", "list_notes", "add_note"]],
  ["tools/list", "notes:admin", [
    "whoami",
    "list_notes",
    "add_note",
    "purge_notes",
  ]],
  ["prompts/list", "", ["hello"]],
  ["prompts/list", "notes:read", ["summary", "hello"]],
  ["resources/list", "notes:write", ["notes://1"]],
  ["resources/list", "notes:admin", ["notes://secret", "notes://1"]],
  ["resources/templates/list", "", ["pages://{id}"]],
  ["resources/templates/list", "notes:read", ["notes://{id}", "pages://{id}"]],
];

for (const [method, scope, shown] of lists) {
  const who = `a caller with "${scope}"`;
  test(`protectResource() shows ${who} ${shown} of ${method}, as JSON`, async () => {
    const message = request(method);
    const response = await ask(message, Response.json(answerTo(message)), {
      scope,
    });
    assertEquals(namesOf(await response.json()), [...shown]);
  });
  test(`protectResource() shows ${who} ${shown} of ${method}, as an event`, async () => {
    const message = request(method);
    const notification = { jsonrpc: "2.0", method: "notifications/message" };
    const response = await ask(
      message,
      stream(eventsOf(notification, answerTo(message))),
      { scope },
    );
    const [first, last] = await messagesOf(response);
    assertEquals(first, notification);
    assertEquals(namesOf(last), [...shown]);
  });
}

/** Templates, and whether a caller without scopes sees them. */
const templates: readonly (readonly [template: string, isShown: boolean])[] = [
  ["notes://h/{id}", true],
  ["notes://h/{id}/history", false],
  ["notes://h/search{?q,page}", true],
  ["notes://h/search{?q}", false],
  ["notes://h/{+path}", true],
  ["notes://h/x-{id}/{b}", false],
  ["notes://h/public", true],
  ["other://h/{id}{?q}", false],
];

for (const [template, isShown] of templates) {
  test(`protectResource() ${isShown ? "shows" : "hides"} the template ${template}, as it judges the template's URIs`, async () => {
    const scopes: ScopePolicy = {
      operations: {
        "resources/read": {
          "notes://h/public": [],
          "notes://h/{x}": [],
          "notes://h/{x}/history": ["admin"],
          "notes://h/search{?q,page}": [],
          "*": ["admin"],
        },
      },
      lists: ALL,
    };
    const result = { resourceTemplates: [{ uriTemplate: template }] };
    const response = await ask(
      request("resources/templates/list"),
      Response.json({ jsonrpc: "2.0", id: 1, result }),
      { scopes },
    );
    const shown = isShown ? [template] : [];
    assertEquals(namesOf(await response.json()), shown);
  });
}

test("protectResource() keeps a filtered list's cursor, other members and headers", async () => {
  const message = request("tools/list", "id-1");
  const response = await ask(
    message,
    Response.json(answerTo(message), {
      status: 203,
      headers: { "mcp-session-id": "s1", "content-length": "99" },
    }),
  );
  assertEquals(response.status, 203);
  assertEquals(response.headers.get("mcp-session-id"), "s1");
  assertFalse(response.headers.has("content-length"));
  assertEquals(await response.json(), {
    jsonrpc: "2.0",
    id: "id-1",
    result: {
      tools: [{ name: "whoami", inputSchema: { type: "object" } }],
      nextCursor: "page 2",
      _meta: { "example.com/x": 1 },
    },
  });
});

test("protectResource() keeps the other lines of an event and the other events of its stream", async () => {
  const message = request("tools/list");
  const hidden = { tools: [{ name: "add_note" }] };
  const text =
    `: hello\r\n\r\nid: 7\r\ndata:\r\nretry: 10\r\n\r\nevent: message\r\nid: 8\r\ndata: {"id":1,\r\ndata:  "result": ${
      JSON.stringify(hidden)
    }}\r\n\r\ndata: {"method" :  "x"}\r\n\r\n`;
  const response = await ask(message, stream(text));
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  assertEquals(
    await response.text(),
    ': hello\r\n\r\nid: 7\r\nretry: 10\r\ndata:\r\n\r\nevent: message\r\nid: 8\r\ndata: {"id":1,"result":{"tools":[]}}\r\n\r\ndata: {"method" :  "x"}\r\n\r\n',
  );
});

/** The caching members of a result, before and after. */
const cacheable: readonly (readonly [
  why: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
])[] = [
  ["a public list (2026-07-28)", { ttlMs: 60_000, cacheScope: "public" }, {
    ttlMs: 60_000,
    cacheScope: "private",
  }],
  ["a list without a cache scope", { ttlMs: 0 }, {
    ttlMs: 0,
    cacheScope: "private",
  }],
  ["a private list", { cacheScope: "private" }, { cacheScope: "private" }],
  ["a list of older versions", {}, {}],
];

for (const [why, before, after] of cacheable) {
  test(`protectResource() lets only the caller cache ${why}`, async () => {
    const message = request("tools/list");
    const answer = { id: 1, result: { tools: [], ...before } };
    const response = await ask(
      message,
      Response.json(answer, { headers: { "cache-control": "public" } }),
      { scope: "notes:admin" },
    );
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertEquals(await response.json(), {
      id: 1,
      result: { tools: [], ...after },
    });
  });
}

/** Requests for no list that is filtered. */
const untouched: readonly (readonly [
  why: string,
  body: unknown,
  scopes: ScopePolicy,
])[] = [
  ["without the option", request("tools/list"), {
    operations: NOTES.operations!,
  }],
  ["with an empty option", request("tools/list"), { ...NOTES, lists: [] }],
  ["if every caller may call everything", request("tools/list"), {
    lists: ALL,
  }],
  ["for another list", request("tools/list"), {
    ...NOTES,
    lists: ["prompts/list"],
  }],
  ["for a method without a list", request("ping"), NOTES],
  ["for a call, even if its result looks like a list", callOf("whoami"), NOTES],
];

for (const [why, body, scopes] of untouched) {
  test(`protectResource() leaves a response untouched ${why}`, async () => {
    const answer = Response.json(answerTo(request("tools/list")));
    const response = await ask(body, answer, { scopes });
    assert(response === answer);
    assertEquals(namesOf(await response.json()).length, 4);
  });
}

for (const list of ALL) {
  test(`protectResource() filters ${list} alone, if scopes.lists names nothing else`, async () => {
    const scopes = { ...NOTES, lists: [list] };
    for (const method of ALL) {
      const response = await ask(
        request(method),
        Response.json(answerTo(request(method))),
        { scopes },
      );
      const all = namesOf(answerTo(request(method)));
      const { length } = namesOf(await response.json());
      assertEquals(length < all.length, method === list);
    }
  });
}

/** Batches of older versions, and the names in each of their responses. */
const batches: readonly (readonly [
  why: string,
  batch: readonly Message[],
  shown: readonly (readonly unknown[])[],
])[] = [
  ["a list alone", [request("tools/list")], [["whoami"]]],
  ["two lists", [request("tools/list", 1), request("prompts/list", 2)], [
    ["whoami"],
    ["hello"],
  ]],
  ["a list twice", [request("tools/list", 1), request("tools/list", 2)], [
    ["whoami"],
    ["whoami"],
  ]],
  [
    "a list whose id an earlier message has too",
    [request("ping", 1), request("tools/list", 1)],
    [[], ["whoami"]],
  ],
  [
    "a list whose id a later message has too",
    [request("tools/list", 1), request("ping", 1)],
    [["whoami"], []],
  ],
];

for (const [why, batch, shown] of batches) {
  test(`protectResource() filters the lists in a batch of ${why}, as JSON`, async () => {
    const response = await ask(batch, Response.json(batch.map(answerTo)));
    const answers = await response.json() as unknown[];
    assertEquals(answers.map(namesOf), shown);
  });
  test(`protectResource() filters the lists in a batch of ${why}, as events`, async () => {
    const one = await ask(batch, stream(eventsOf(...batch.map(answerTo))));
    assertEquals((await messagesOf(one)).map(namesOf), shown);
    const all = await ask(batch, stream(eventsOf(batch.map(answerTo))));
    const [answers] = await messagesOf(all) as [unknown[]];
    assertEquals(answers.map(namesOf), shown);
  });
}

/** Ways to show a caller what the filter should remove: requests, and a handler's responses. */
const attacks: readonly (readonly [
  why: string,
  body: unknown,
  answer: () => Response,
])[] = [
  [
    "if the handler reads the id differently",
    request("tools/list", 1),
    () => Response.json(answerTo(request("tools/list", "1"))),
  ],
  [
    "without an id",
    { method: "tools/list" },
    () => Response.json(answerTo({ method: "tools/list" })),
  ],
  [
    "in another media type",
    request("tools/list"),
    () =>
      new Response(JSON.stringify(answerTo(request("tools/list"))), {
        headers: { "content-type": "text/plain" },
      }),
  ],
  [
    "without a media type",
    request("tools/list"),
    () =>
      new Response(
        new TextEncoder().encode(
          JSON.stringify(answerTo(request("tools/list"))),
        ),
      ),
  ],
  [
    "as one entry in place of a list",
    request("tools/list"),
    () => Response.json({ id: 1, result: { tools: { name: "add_note" } } }),
  ],
  [
    "behind a byte order mark",
    request("tools/list"),
    () =>
      new Response(
        `\ufeff${JSON.stringify(answerTo(request("tools/list")))}`,
        { headers: { "content-type": "application/json" } },
      ),
  ],
  [
    "by escapes in a member's name",
    request("tools/list"),
    () =>
      new Response(
        JSON.stringify(answerTo(request("tools/list")))
          .replace('"tools"', '"t\\u006fols"'),
        { headers: { "content-type": "application/json" } },
      ),
  ],
  [
    "by an event without an end",
    request("tools/list"),
    () => stream(eventsOf(answerTo(request("tools/list"))).trimEnd()),
  ],
];

for (const [why, body, answer] of attacks) {
  test(`protectResource() shows no hidden entry ${why}`, async () => {
    const response = await ask(body, answer());
    const text = await response.text();
    assertFalse(/add_note|purge_notes|list_notes/.test(text), text);
  });
}

test("protectResource() filters the lists of a resumed stream", async () => {
  const { handle, issuer } = protect(
    { scopes: NOTES },
    () => stream(eventsOf(answerTo(request("tools/list")))),
  );
  const headers = {
    accept: "text/event-stream",
    authorization: `Bearer ${await issuer.token()}`,
    "last-event-id": "0",
  };
  const response = await handle(new Request(RESOURCE, { headers }));
  const [message] = await messagesOf(response);
  assertEquals(namesOf(message), ["whoami"]);
});

/** Answers that nobody can look into. */
const unreadable: readonly (readonly [
  why: string,
  body: unknown,
  answer: () => Response,
])[] = [
  [
    "what is not JSON",
    request("tools/list", 7),
    () => new Response("add_note"),
  ],
  [
    "half of it",
    request("tools/list", 7),
    () =>
      new Response(
        JSON.stringify(answerTo(request("tools/list"))).slice(0, -1),
      ),
  ],
  ["gzip", request("tools/list", 7), () =>
    new Response(
      Uint8Array.from(
        gzipSync(JSON.stringify(answerTo(request("tools/list")))),
      ),
      {
        headers: {
          "content-type": "application/json",
          "content-encoding": "gzip",
        },
      },
    )],
  ["events in gzip", request("tools/list", 7), () =>
    new Response(
      Uint8Array.from(gzipSync(eventsOf(answerTo(request("tools/list"))))),
      {
        headers: {
          "content-type": "text/event-stream",
          "content-encoding": "gzip",
        },
      },
    )],
  [
    "more than 4 MiB",
    request("tools/list", 7),
    () =>
      Response.json({ id: 7, result: { tools: [], x: "x".repeat(4 << 20) } }),
  ],
  ["a body that breaks off", request("tools/list", 7), () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.error(new Error("broken")),
      }),
    )],
];

const ERROR = {
  code: -32603,
  message: "Internal error",
};

for (const [why, body, answer] of unreadable) {
  test(`protectResource() replaces ${why} with a JSON-RPC error`, async () => {
    const response = await ask(body, answer(), { scope: "notes:admin" });
    assertEquals(response.headers.get("content-type"), "application/json");
    assertFalse(response.headers.has("content-encoding"));
    assertEquals(await response.json(), {
      jsonrpc: "2.0",
      id: 7,
      error: ERROR,
    });
  });
}

test("protectResource() replaces an event that is not JSON with a JSON-RPC error", async () => {
  const text = 'data: {"tools": add_note\n\n' +
    eventsOf(answerTo(request("tools/list")));
  const response = await ask(request("tools/list", 7), stream(text));
  const [error, list] = await messagesOf(response);
  assertEquals(error, { jsonrpc: "2.0", id: 7, error: ERROR });
  assertEquals(namesOf(list), ["whoami"]);
});

/** Answers to a list that list nothing. */
const passing: readonly (readonly [
  why: string,
  status: number,
  body: string | null,
])[] = [
  ["nothing", 202, null],
  ["no bytes", 202, ""],
  ["an error of JSON-RPC", 200, '{"id":1, "error":{"code":-32601}}'],
  ["an error of another kind", 502, "Bad gateway"],
  ["a null", 200, "null"],
  ["a result that is none", 200, '{"id":1,"result":"tools"}'],
];

for (const [why, status, body] of passing) {
  test(`protectResource() leaves the response to ${why} as it is`, async () => {
    const response = await ask(
      request("tools/list"),
      new Response(body, { status }),
    );
    assertEquals(response.status, status);
    assertEquals(await response.text(), body ?? "");
  });
}

test("protectResource() sends a filtered event on as soon as it arrives", async () => {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
  });
  const response = await ask(
    request("tools/list"),
    new Response(body, { headers: { "content-type": "text/event-stream" } }),
  );
  const reader = response.body!.pipeThrough(new TextDecoderStream())
    .getReader();
  const send = (text: string): void =>
    controller.enqueue(new TextEncoder().encode(text));
  send("data: {}\n\n");
  assertEquals((await reader.read()).value, "data: {}\n\n");
  send('data: {"id":1,"result":{"tools":[{"name":"add_note"}]}}\n\n');
  assertEquals(
    (await reader.read()).value,
    'data: {"id":1,"result":{"tools":[]}}\n\n',
  );
  controller.close();
  assert((await reader.read()).done);
});

test("protectResource() throws if scopes.lists names a method that returns no list", () => {
  for (const method of ["tools/call", "tools", "constructor"]) {
    const lists = [method] as unknown as NonNullable<ScopePolicy["lists"]>;
    const error = assertThrows(
      () => protect({ scopes: { lists } }),
      TypeError,
    );
    assertEquals(
      error.message,
      `Cannot use scopes.lists "${method}": use ${ALL}`,
    );
  }
});
