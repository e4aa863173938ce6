/**
 * Which token may do what: scopes by tool, decided on the body as the handler reads it.
 *
 * @module
 */
import { assert, assertEquals, assertFalse } from "@std/assert";
import { gzipSync } from "node:zlib";
import type { Expectation, Server } from "./expectation.ts";
import {
  assertAddsNothing,
  assertChallenge,
  assertNoChallenge,
  callTool,
  json,
  message,
  MESSAGE_FIELDS,
  notesOf,
  post,
  toolCall,
  toolText,
  write,
} from "./messages.ts";
import { format, parse } from "./wire.ts";

/** Who may call what: a tool, what it needs, and scopes with which it must and must not be had. */
const TOOLS: readonly (readonly [
  tool: string,
  needs: string,
  enough: readonly string[],
  tooLittle: readonly string[],
])[] = [
  [
    "list_notes",
    "notes:read",
    ["notes:read", "notes:write", "notes:admin", "openid notes:read"],
    ["", "openid", "notes:reader", "NOTES:READ", "notes"],
  ],
  [
    "add_note",
    "notes:write",
    ["notes:write", "notes:admin", "notes:read notes:write"],
    ["", "notes:read", "notes:read openid"],
  ],
  [
    "purge_notes",
    "notes:admin",
    ["notes:admin"],
    ["", "notes:read", "notes:write", "notes:read notes:write"],
  ],
];

/** Names that no tool has. They need what every tool needs that is not listed. */
const UNLISTED: readonly string[] = [
  "no_such_tool",
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty",
  "*",
  "WHOAMI",
  "whoami ",
  "",
];

const CALL = toolCall("add_note", { text: "hidden" });

/** Bodies that call `add_note` for a reader who reads JSON well, and perhaps not for one who does not. */
const HIDDEN: readonly (readonly [
  how: string,
  hide: (call: string, whoami: string) => string,
])[] = [
  ["behind a byte order mark", (call) => `\ufeff${call}`],
  ["behind white space", (call) => ` \r\n\t${call}\n`],
  [
    "by escapes in the tool's name",
    (call) => call.replace("add_note", "add\\u005fnote"),
  ],
  [
    "by escapes in the method",
    (call) => call.replace("tools/call", "tools\\/call"),
  ],
  [
    "by escapes in a member's name",
    (call) => call.replace("params", "p\\u0061rams"),
  ],
  [
    "by a second name, which wins",
    (call) => call.replace('"name"', '"name":"whoami","name"'),
  ],
  [
    "by second params, which win",
    (call) =>
      call.replace(
        '"params"',
        '"params":{"name":"whoami"},"params"',
      ),
  ],
  [
    "by a second method, which wins",
    (call) => call.replace('"method"', '"method":"ping","method"'),
  ],
  ["by a batch", (call) => `[${call}]`],
  [
    "by a batch, behind what is allowed",
    (call, whoami) => `[${whoami},${call}]`,
  ],
  ["by a batch in a batch", (call) => `[[${call}]]`],
  [
    "by a member that is the object's prototype",
    (call) =>
      call.replace(
        '"params"',
        '"__proto__":{"params":{"name":"whoami"}},"params"',
      ),
  ],
  ["as a notification", (call) => call.replace('"id":1,', "")],
];

/** Fields that say something else than the body. */
const CONTRADICTIONS: readonly Readonly<Record<string, string>>[] = [
  { "mcp-method": "tools/call", "mcp-name": "whoami" },
  { "mcp-method": "ping" },
  {
    "mcp-protocol-version": "2025-06-18",
    "mcp-method": "tools/call",
    "mcp-name": "whoami",
  },
  { "mcp-method": "tools/call", "mcp-name": "=?base64?d2hvYW1p?=" },
  { "mcp-name": "=?base64?d2hvYW1p" },
  { "mcp-name": "=?base64?****?=" },
];

const TEXT = JSON.stringify(CALL);

/** Bodies that nobody reads, whatever the scopes. */
const UNREADABLE: readonly (readonly [
  what: string,
  status: number,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
])[] = [
  ["what is not JSON", 400, "{", {}],
  ["two messages without a batch", 400, `${TEXT}${TEXT}`, {}],
  ["JSON that is no message", 400, '"add_note"', {}],
  ["null", 400, "null", {}],
  ["a list in a batch", 400, "[[]]", {}],
  ["bytes that are not UTF-8", 400, new Uint8Array([0x22, 0xff, 0x22]), {}],
  ["UTF-16 that is not said to be", 400, utf16(TEXT), {}],
  ["UTF-16", 415, utf16(TEXT), {
    "content-type": "application/json; charset=utf-16",
  }],
  ["UTF-7", 415, TEXT, { "content-type": 'application/json;charset="utf-7"' }],
  ["two charsets", 415, TEXT, {
    "content-type": "application/json; charset=utf-8; charset=utf-16",
  }],
  ["gzip", 415, Uint8Array.from(gzipSync(TEXT)), {
    "content-encoding": "gzip",
  }],
  ["an encoding that nobody knows", 415, TEXT, { "content-encoding": "x" }],
];

const MAX_BODY_BYTES = 4_194_304;

export const scopes: readonly Expectation[] = [
  {
    name: "scopes: whoami needs none, and says who calls",
    check: async (server): Promise<void> => {
      const sub = `user-${crypto.randomUUID()}`;
      for (const scope of ["", "notes:read other"]) {
        const token = await server.token(scope, {
          claims: { sub, client_id: "client-1" },
        });
        const answer = await callTool(server, "whoami", { token });
        assertEquals(JSON.parse(toolText(answer)), {
          sub,
          client: "client-1",
          scopes: scope.split(" ").filter(Boolean),
        });
        assertEquals(answer.headers.get("cache-control"), "no-store");
      }
    },
  },
  ...TOOLS.flatMap(([tool, needs, enough, tooLittle]): Expectation[] => [
    ...enough.map((scope): Expectation => ({
      name: `scopes: ${tool} can be had with ${scope}`,
      check: async (server): Promise<void> => {
        const token = await server.token(scope);
        const args = { text: "a note" };
        toolText(await callTool(server, tool, { token, args }));
      },
    })),
    ...tooLittle.map((scope): Expectation => ({
      name: `scopes: ${tool} with "${scope}" is a 403 that names ${needs}`,
      check: async (server): Promise<void> => {
        const args = { text: "a note" };
        const token = await server.token(scope);
        assertChallenge(
          await callTool(server, tool, { token, args }),
          server,
          { status: 403, error: "insufficient_scope", scope: needs },
        );
      },
    })),
  ]),
  {
    name: "scopes: they are read from scp too, as text or as a list",
    check: async (server): Promise<void> => {
      for (const scp of ["notes:read openid", ["openid", "notes:read"]]) {
        const claims = { scope: undefined, scp };
        const token = await server.token("", { claims });
        assertEquals(await notesOf(server, token), []);
      }
    },
  },
  {
    name: "scopes: other methods than tools/call need none",
    check: async (server): Promise<void> => {
      const token = await server.token("");
      const answer = await post(server, message("tools/list"), { token });
      const { result } = json(answer) as {
        result: { tools: { name: string }[] };
      };
      assertEquals(result.tools.map(({ name }) => name).sort(), [
        "add_note",
        "list_notes",
        "purge_notes",
        "watch_notes",
        "whoami",
      ]);
    },
  },
  {
    name: "scopes: a notification is taken with 202",
    check: async (server): Promise<void> => {
      const body = { jsonrpc: "2.0", method: "notifications/initialized" };
      const token = await server.token("");
      const { status, body: text } = await post(server, body, { token });
      assertEquals([status, text], [202, ""]);
    },
  },
  ...UNLISTED.map((tool): Expectation => ({
    name: `scopes: the tool ${
      JSON.stringify(tool)
    } needs notes:read, and is none`,
    check: async (server): Promise<void> => {
      assertChallenge(
        await callTool(server, tool, { token: await server.token("") }),
        server,
        { status: 403, error: "insufficient_scope" },
      );
      const token = await server.token("notes:read");
      const answer = await callTool(server, tool, { token });
      assertEquals(answer.status, 200, answer.body);
      const { error, result } = json(answer) as {
        error?: unknown;
        result?: { isError?: boolean };
      };
      assert(error !== undefined || result?.isError === true, answer.body);
    },
  })),
  {
    name: "scopes: a tool without a name needs notes:read",
    check: async (server): Promise<void> => {
      const body = message("tools/call", { arguments: {} });
      const token = await server.token("");
      assertChallenge(await post(server, body, { token }), server, {
        status: 403,
        error: "insufficient_scope",
      });
    },
  },
  ...[null, 1, {}, ["whoami"]].map((name): Expectation => ({
    name: `scopes: a tool's name that is ${
      JSON.stringify(name)
    } is 400, for every token`,
    check: async (server): Promise<void> => {
      const body = message("tools/call", { name, arguments: {} });
      const token = await server.token("notes:admin");
      assertNoChallenge(await post(server, body, { token }), 400);
    },
  })),
  ...HIDDEN.map(([how, hide]): Expectation => ({
    name: `scopes: add_note hidden ${how} does not run without notes:write`,
    check: (server): Promise<void> =>
      assertAddsNothing(server, async (token) => {
        const body = hide(
          write(server, CALL),
          write(server, toolCall("whoami")),
        );
        const answer = await post(server, body, { token });
        assert([400, 403].includes(answer.status), answer.body);
        if (answer.status === 400) return assertNoChallenge(answer, 400);
        assertChallenge(answer, server, {
          status: 403,
          error: "insufficient_scope",
          scope: "notes:write",
        });
      }),
  })),
  {
    name: "scopes: what comes last in the body is what runs, as it was judged",
    check: (server): Promise<void> =>
      assertAddsNothing(server, async (token) => {
        const body = write(server, toolCall("whoami"))
          .replace('"name"', '"name":"add_note","name"');
        toolText(await post(server, body, { token }));
      }),
  },
  {
    name: "scopes: a batch names all the scopes that it needs at once",
    check: async (server): Promise<void> => {
      const tools = ["whoami", "add_note", "purge_notes", "list_notes"];
      const body = tools.map((tool) => toolCall(tool, { text: "in a batch" }));
      const token = await server.token("notes:read");
      assertChallenge(await post(server, body, { token }), server, {
        status: 403,
        error: "insufficient_scope",
        scope: "notes:write notes:admin notes:read",
      });
      assertEquals(await notesOf(server, token), []);
    },
  },
  ...CONTRADICTIONS.map((headers): Expectation => ({
    name: `scopes: ${
      JSON.stringify(headers)
    } does not hide what is in the body, and is a HeaderMismatch`,
    check: (server): Promise<void> =>
      assertAddsNothing(server, async (token) => {
        const answer = await post(server, CALL, { token, headers });
        assertNoChallenge(answer, 400);
        const { error } = json(answer) as { error: { code: number } };
        assertEquals(error.code, -32020);
      }),
  })),
  {
    name: "scopes: what the fields say is denied at once, and names its scopes",
    check: (server): Promise<void> =>
      assertAddsNothing(server, async (token) => {
        const headers = { "mcp-method": "tools/call", "mcp-name": "add_note" };
        assertChallenge(
          await post(server, CALL, { token, headers }),
          server,
          { status: 403, error: "insufficient_scope", scope: "notes:write" },
        );
      }),
  },
  {
    name: "scopes: what the fields say as the body does is run",
    check: async (server): Promise<void> => {
      const token = await server.token("");
      for (const name of ["whoami", "=?base64?d2hvYW1p?="]) {
        const headers = { "mcp-method": "tools/call", "mcp-name": name };
        const body = toolCall("whoami");
        toolText(await post(server, body, { token, headers }));
      }
    },
  },
  ...UNREADABLE.map(([what, status, body, headers]): Expectation => ({
    name: `scopes: ${what} is ${status}, for every token`,
    check: async (server): Promise<void> => {
      const token = await server.token("notes:admin");
      const answer = await server.fetch(server.resource, {
        method: "POST",
        headers: {
          ...MESSAGE_FIELDS,
          authorization: `Bearer ${token}`,
          ...headers,
        },
        body,
      });
      assertNoChallenge(answer, status);
      const error = json(answer) as { error?: { code?: number }; id?: unknown };
      assertEquals(typeof error.error?.code, "number", answer.body);
      assertFalse("id" in error, "an error that answers no message has no id");
      assertEquals(await notesOf(server, token), []);
    },
  })),
  {
    name: "scopes: a body of 4 MiB is read",
    check: async (server): Promise<void> => {
      const body = write(server, toolCall("whoami")).padEnd(MAX_BODY_BYTES);
      const token = await server.token("");
      toolText(await post(server, body, { token }));
    },
  },
  {
    name: "scopes: a body that says it is over 4 MiB is 413",
    check: async (server): Promise<void> => {
      const body = "x".repeat(MAX_BODY_BYTES + 1);
      const fields = [
        ...await fieldsOf(server),
        ["Content-Length", `${body.length}`] as const,
      ];
      // An answer to what is still being written could be lost with its connection.
      assertTooLarge(await server.raw(format(server, { fields }), body));
    },
  },
  {
    name: "scopes: a body that turns out to be over 4 MiB is 413",
    check: async (server): Promise<void> => {
      const fields = [
        ...await fieldsOf(server),
        ["Transfer-Encoding", "chunked"] as const,
      ];
      const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
      const body = `${chunk.repeat(MAX_BODY_BYTES / 65_536)}1\r\nx\r\n`;
      const head = format(server, { fields });
      assertTooLarge(await server.raw(`${head}${body}`, "0\r\n\r\n"));
    },
  },
  {
    name: "scopes: notes are the user's own",
    check: async (server): Promise<void> => {
      const [ada, ben] = ["ada", "ben"].map((name) =>
        `${name}-${crypto.randomUUID()}`
      );
      const writer = await server.token("notes:write", {
        claims: { sub: ada },
      });
      const args = { text: "Ada's" };
      toolText(await callTool(server, "add_note", { token: writer, args }));
      const tokens = [ada, ben].map((sub) =>
        server.token("notes:read", { claims: { sub } })
      );
      const [adas, bens] = await Promise.all(tokens);
      assertEquals(await notesOf(server, adas!), ["Ada's"]);
      assertEquals(await notesOf(server, bens!), []);
    },
  },
  {
    name: "scopes: an expired token is told so, whatever it may do",
    check: async (server): Promise<void> => {
      const claims = { exp: Math.floor(Date.now() / 1000) - 600 };
      const token = await server.token("", { claims });
      const answer = await callTool(server, "purge_notes", { token });
      const expected = { status: 401, error: "invalid_token" } as const;
      assertChallenge(answer, server, expected);
    },
  },
];

async function fieldsOf(
  server: Server,
): Promise<readonly (readonly [string, string])[]> {
  return [
    ...Object.entries(MESSAGE_FIELDS),
    ["Connection", "close"],
    ["Authorization", `Bearer ${await server.token("")}`],
  ];
}

function assertTooLarge(text: string): void {
  const answer = parse(text);
  assert(answer !== undefined, `no answer: ${text}`);
  assertNoChallenge(answer, 413);
}

function utf16(text: string): Uint8Array<ArrayBuffer> {
  const bytes = [...text].flatMap((character) => {
    const code = character.charCodeAt(0);
    return [code & 0xff, code >> 8];
  });
  return Uint8Array.from(bytes);
}
