/**
 * Requests that hide what they ask for from a guard that reads worse than the server behind it. Each one asks for
 * something that its token may not have: a guard that is any good keeps the server from running it.
 *
 * @module
 */
import type { ScopePolicy } from "../../mod.ts";
import {
  ALL,
  ask,
  type Attack,
  GUARDED,
  HAND,
  HARMLESS,
  read,
  type Row,
} from "./attack.ts";
import { COVER_ROWS } from "./cover_attacks.ts";

/** Its own resource, and read by the one behind `notes://h/{id}` too, which undoes escapes and looks at the path alone. */
export const SECRET = "notes://h/secret";

/** The policy of most attacks. */
export const ATTACKED_POLICY: ScopePolicy = {
  operations: {
    "tools/call": { [HARMLESS]: [], [GUARDED]: ["admin"], "*": ["read"] },
    "prompts/get": { [GUARDED]: ["admin"] },
    "completion/complete": { [GUARDED]: ["admin"] },
    "resources/read": { [SECRET]: ["admin"], "notes://h/{id}": ["read"] },
  },
};

const call = (name: unknown = GUARDED): Record<string, unknown> => ({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name, arguments: {} },
});
/** As a client of 2026-07-28 writes it. */
const modern = (name: string): Record<string, unknown> =>
  ask("tools/call", {
    name,
    arguments: {},
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "attack", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  });

const CALL = JSON.stringify(call());

const ROWS: readonly Row[] = [
  ["not at all", ALL, call()],
  ["behind white space", ALL, ` \r\n\t${CALL}\n`],
  ["behind a byte order mark", ALL, `\ufeff${CALL}`],
  ["by escapes in the name", ALL, CALL.replace("guarded", "gu\\u0061rded")],
  ["by escapes in the method", ALL, CALL.replace("ls/c", "ls\\/c")],
  ["by escapes in a member", ALL, CALL.replace("params", "p\\u0061rams")],
  [
    "by a second name",
    ALL,
    CALL.replace('"name"', '"name":"harmless","name"'),
  ],
  [
    "by a second name in other letters",
    ALL,
    CALL.replace('"name"', '"name":"harmless","n\\u0061me"'),
  ],
  [
    "by second params",
    ALL,
    CALL.replace('"params"', '"params":{"name":"harmless"},"params"'),
  ],
  [
    "by a second method",
    ALL,
    CALL.replace('"method"', '"method":"ping","method"'),
  ],
  [
    "by a prototype with another name",
    ALL,
    CALL.replace('"name"', '"__proto__":{"name":"harmless"},"name"'),
  ],
  [
    "by a member named toString",
    ALL,
    CALL.replace('"name"', '"toString":"harmless","name"'),
  ],
  [
    "by a task",
    ["v2", "hand"],
    ask("tools/call", { name: GUARDED, arguments: {}, task: { ttl: 1 } }),
  ],
  ["in a batch of one", ALL, [call()]],
  ["in a batch behind what is harmless", ALL, [
    { ...call(HARMLESS), id: 2 },
    call(),
  ]],
  ["in a batch behind a response", ALL, [
    { jsonrpc: "2.0", id: 2, result: {} },
    call(),
  ]],
  ["in a batch of the oldest version", ALL, [call()], {
    "mcp-protocol-version": "2025-03-26",
  }],
  ["in a batch in a batch", HAND, [[call()]]],
  ["as a notification", HAND, {
    jsonrpc: "2.0",
    method: "tools/call",
    params: { name: GUARDED },
  }],
  ["as a response", HAND, { ...call(), result: {} }],
  ["without a version of JSON-RPC", HAND, {
    method: "tools/call",
    params: { name: GUARDED },
  }],
  ["by a name in a list", HAND, call([GUARDED])],
  ["by a method in a list", HAND, { ...call(), method: ["tools/call"] }],

  ["by fields that name another tool", ALL, call(), {
    "mcp-method": "tools/call",
    "mcp-name": HARMLESS,
  }],
  ["by fields of an older version that name another tool", ALL, call(), {
    "mcp-protocol-version": "2025-11-25",
    "mcp-method": "tools/call",
    "mcp-name": HARMLESS,
  }],
  ["by fields that name another method", ALL, call(), {
    "mcp-protocol-version": "2025-06-18",
    "mcp-method": "ping",
  }],
  ["by a name alone", ALL, call(), { "mcp-name": HARMLESS }],
  ["by an encoded name", ALL, call(), {
    "mcp-method": "tools/call",
    "mcp-name": "=?base64?aGFybWxlc3M=?=",
  }],
  ["by two names", ALL, call(), {
    "mcp-method": "tools/call",
    "mcp-name": `${HARMLESS}, ${GUARDED}`,
  }],
  ["by fields for a batch", ALL, [call()], {
    "mcp-method": "tools/call",
    "mcp-name": HARMLESS,
  }],
  ["not at all, in the version of 2026", ["v2", "hand"], modern(GUARDED), {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": GUARDED,
  }],
  ["by the fields of 2026 that name another tool", HAND, modern(GUARDED), {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": HARMLESS,
  }],

  ["by a charset that it is not in", ALL, call(), {
    "content-type": "application/json; charset=utf-16",
  }],
  ["by two charsets", ALL, call(), {
    "content-type": "application/json; charset=utf-8; charset=utf-16",
  }],
  ["by a charset in quotes", ALL, call(), {
    "content-type": 'application/json; x="; charset=utf-8"; charset="utf-7"',
  }],
  ["by an encoding that it has not", ALL, call(), {
    "content-encoding": "gzip",
  }],
  ["by a length that it has not", ALL, call(), { "content-length": "2" }],

  [
    "as a prompt",
    ALL,
    ask("prompts/get", { name: GUARDED, arguments: { a: "x" } }),
  ],
  [
    "as a prompt by a second name",
    ALL,
    JSON.stringify(ask("prompts/get", { name: GUARDED, arguments: { a: "x" } }))
      .replace('"name"', '"name":"harmless","name"'),
  ],
  [
    "as a completion",
    ALL,
    ask("completion/complete", {
      ref: { type: "ref/prompt", name: GUARDED },
      argument: { name: "a", value: "x" },
    }),
  ],
  [
    "as a completion that names a resource too",
    ALL,
    ask("completion/complete", {
      ref: { type: "ref/prompt", name: GUARDED, uri: "notes://h/1" },
      argument: { name: "a", value: "x" },
    }),
  ],

  ["as a resource", ALL, read(SECRET)],
  ["as a resource in capitals", ALL, read("NOTES://h/secret")],
  ["as a resource with a dot segment", ALL, read("notes://h/x/../secret")],
  [
    "as a resource with an escaped dot segment",
    ALL,
    read("notes://h/x/%2e%2E/secret"),
  ],
  ["as a resource with a tab", ALL, read("no\ttes://h/se\ncret")],
  ["as a resource with spaces around", ALL, read(" notes://h/secret ")],
  ["as a resource with an escaped letter", ALL, read("notes://h/%73ecret")],
  ["as a resource with a fragment", ALL, read("notes://h/secret#public")],
  ["as a resource with a query", ALL, read("notes://h/secret?public")],
  ["as a resource with an empty query", ALL, read("notes://h/secret?")],
  [
    "as a resource with an escaped letter, a query and a fragment",
    ALL,
    read("notes://h/%73%65cret?a#b"),
  ],
];

/** All the ways to ask. */
export const ATTACKS: readonly Attack[] = [...ROWS, ...COVER_ROWS].map(
  ([name, runs, body, headers, policy = ATTACKED_POLICY]) => ({
    name,
    runs,
    policy,
    request: (url, token) =>
      new Request(url, {
        method: "POST",
        headers: {
          accept: "application/json, text/event-stream",
          "content-type": "application/json",
          authorization: `Bearer ${token}`,
          ...headers,
        },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  }),
);
