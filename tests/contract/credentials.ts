/**
 * What a request brings to say who it is: one access token in the Authorization field, or nothing that counts.
 *
 * @module
 */
import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  type Answer,
  type Expectation,
  isRefusal,
  type Server,
} from "./expectation.ts";
import {
  assertAddsNothing,
  assertChallenge,
  assertKeepsSecret,
  callTool,
  message,
  MESSAGE_FIELDS,
  post,
  toolCall,
  toolText,
} from "./messages.ts";
import { format, parse, send, statuses } from "./wire.ts";

/** Messages that need a token like any other, whatever a handler would make of them. */
const MESSAGES: readonly (readonly [what: string, body: unknown])[] = [
  [
    "initialize",
    message("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "contract", version: "1" },
    }),
  ],
  ["server/discover", message("server/discover", {})],
  ["ping", message("ping")],
  ["tools/list", message("tools/list")],
  ["resources/list", message("resources/list")],
  ["a tool that needs no scope", toolCall("whoami")],
  ["a notification", { jsonrpc: "2.0", method: "notifications/initialized" }],
  ["a response", { jsonrpc: "2.0", id: 1, result: {} }],
  ["a batch", [toolCall("whoami")]],
  ["an empty batch", []],
  ["nothing", ""],
  ["what is not JSON", "{"],
];

/** Values of the field that hold no bearer token: it is as if it were not there (RFC 6750 §3.1). */
const OTHER_SCHEMES: readonly (readonly [why: string, value: string])[] = [
  ["another scheme", "Basic dXNlcjpwYXNzd29yZA=="],
  ["another scheme of OAuth", "DPoP $TOKEN"],
  ["a scheme that begins like ours", "Bearerx $TOKEN"],
  ["a token alone", "$TOKEN"],
  ["a scheme of tokens", "Token $TOKEN"],
  ["a tab in place of the space", "Bearer\t$TOKEN"],
];

/** Values of the field that name our scheme and hold no token. */
const MALFORMED: readonly (readonly [why: string, value: string])[] = [
  ["the scheme alone", "Bearer"],
  ["two words", "Bearer $TOKEN x"],
  ["quotation marks", 'Bearer "$TOKEN"'],
  ["a parameter", 'Bearer token="$TOKEN"'],
  ["a character that no token has", "Bearer $TOKEN!"],
  ["a word that is no JWT", "Bearer invalid"],
  ["undefined, as text", "Bearer undefined"],
];

/** Spellings of the scheme that are the scheme's (RFC 9110 §11.1, RFC 6750 §2.1). */
const SPELLINGS: readonly (readonly [why: string, value: string])[] = [
  ["in lower case", "bearer $TOKEN"],
  ["in upper case", "BEARER $TOKEN"],
  ["with two spaces", "Bearer  $TOKEN"],
];

/** Where a token does not count. */
const ELSEWHERE: readonly (readonly [
  where: string,
  ask: (server: Server, token: string) => Promise<Answer>,
])[] = [
  ["the query", (server, token) =>
    callTool(server, "whoami", {
      target: `${server.resource}?access_token=${token}`,
    })],
  ["the query, escaped", (server, token) =>
    callTool(server, "whoami", {
      target: `${server.resource}?access%5Ftoken=${token}`,
    })],
  [
    "a form (RFC 6750 §2.2)",
    (server, token) =>
      post(server, `access_token=${token}`, {
        headers: { "content-type": "application/x-www-form-urlencoded" },
      }),
  ],
  ["the message", (server, token) =>
    post(server, {
      ...toolCall("whoami") as object,
      access_token: token,
      authorization: `Bearer ${token}`,
    })],
  ["a cookie", (server, token) =>
    send(server, {
      fields: [...FIELDS, ["Cookie", `access_token=${token}`]],
      body: WHOAMI,
    })],
  ["another field", (server, token) =>
    callTool(server, "whoami", {
      headers: {
        "x-authorization": `Bearer ${token}`,
        "x-forwarded-authorization": `Bearer ${token}`,
        "x-access-token": token,
        "mcp-session-id": token,
      },
    })],
  ["the Proxy-Authorization field", (server, token) =>
    send(server, {
      fields: [...FIELDS, ["Proxy-Authorization", `Bearer ${token}`]],
      body: WHOAMI,
    })],
];

/** Two Authorization fields on the wire. */
const PAIRS: readonly (readonly [
  what: string,
  first: string,
  second: string,
])[] = [
  ["a good token and a bad one", "Bearer $TOKEN", "Bearer bad"],
  ["a bad token and a good one", "Bearer bad", "Bearer $TOKEN"],
  ["one token, twice", "Bearer $TOKEN", "Bearer $TOKEN"],
  ["two good tokens", "Bearer $TOKEN", "Bearer $OTHER"],
  ["a password and a token", "Basic dXNlcjpwYXNz", "Bearer $TOKEN"],
  ["a token and a password", "Bearer $TOKEN", "Basic dXNlcjpwYXNz"],
];

const FIELDS: readonly (readonly [string, string])[] = Object.entries(
  MESSAGE_FIELDS,
);
const WHOAMI = JSON.stringify(toolCall("whoami"));

/** What is not HTTP, or more of it than anyone needs. Refused by whoever reads it first. */
const HOSTILE: readonly (readonly [
  what: string,
  bytes: (server: Server, token: string) => string,
])[] = [
  [
    "a token of 20 kB",
    (server) =>
      withField(server, "Authorization", `Bearer ${"a".repeat(20_000)}`),
  ],
  [
    "a token of 100 kB",
    (server) =>
      withField(server, "Authorization", `Bearer ${"a".repeat(100_000)}`),
  ],
  [
    "another field of 100 kB",
    (server) => withField(server, "X-Padding", "a".repeat(100_000)),
  ],
  ["5000 fields", (server) =>
    format(server, {
      fields: Array.from({ length: 5000 }, (_, i) => [`X-${i}`, "a"] as const),
    })],
  [
    "a target of 100 kB",
    (server) => format(server, { target: `/mcp?${"a".repeat(100_000)}` }),
  ],
  ["a request line of one word", () => "GARBAGE\r\n\r\n"],
  ["a request line without a version", () => "POST /mcp\r\n\r\n"],
  ["a version that does not exist", () => "POST /mcp HTTP/9.9\r\n\r\n"],
  ["a method that is none", (server) => format(server, { method: "P(ST" })],
  ["a target with a space", (server) => format(server, { target: "/m cp" })],
  ["bytes of zero", () => "\0\0\0\0\r\n\r\n"],
  [
    "the beginning of a TLS connection",
    () => "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n",
  ],
  [
    "a field without a colon",
    (server) => format(server, {}).replace("\r\n\r\n", "\r\nnonsense\r\n\r\n"),
  ],
  [
    "a control character in the field",
    (server, token) =>
      withField(server, "Authorization", `Bearer ${token}\x01`),
  ],
  [
    "a character in the field that is not ASCII",
    (server, token) =>
      withField(server, "Authorization", `Bearer ${token}\xe9`),
  ],
  ["no Host", () => "POST /mcp HTTP/1.1\r\nConnection: close\r\n\r\n"],
  [
    "a length that is no number",
    (server) => withField(server, "Content-Length", "x"),
  ],
];

export const credentials: readonly Expectation[] = [
  ...MESSAGES.map(([what, body]): Expectation => ({
    name: `credentials: without a token, ${what} gets the bare challenge`,
    check: async (server): Promise<void> =>
      assertChallenge(await post(server, body), server, { status: 401 }),
  })),
  ...["GET", "HEAD", "DELETE", "PUT", "PATCH"].map((method): Expectation => ({
    name: `credentials: without a token, ${method} gets the bare challenge`,
    check: async (server): Promise<void> => {
      const answer = await server.fetch(server.resource, { method });
      const body = method === "HEAD" ? "{}" : answer.body;
      assertChallenge({ ...answer, body }, server, { status: 401 });
    },
  })),
  {
    name:
      "credentials: without a token, what is below the resource gets it too",
    check: async (server): Promise<void> => {
      for (const path of ["/below", "/.well-known/nothing"]) {
        const target = `${server.resource}${path}`;
        const answer = await post(server, toolCall("whoami"), { target });
        assertChallenge(answer, server, { status: 401 });
      }
    },
  },
  {
    name: "credentials: an empty Authorization field is none",
    check: async (server): Promise<void> => {
      const fields = [...FIELDS, ["Authorization", ""] as const];
      const answer = await send(server, { fields, body: WHOAMI });
      assertChallenge(answer, server, { status: 401 });
    },
  },
  {
    name: "credentials: a session is none",
    check: async (server): Promise<void> => {
      const headers = { "mcp-session-id": crypto.randomUUID() };
      const answer = await callTool(server, "whoami", { headers });
      assertChallenge(answer, server, { status: 401 });
    },
  },
  {
    name:
      "credentials: a protocol version that nobody knows does not come first",
    check: async (server): Promise<void> => {
      const headers = { "mcp-protocol-version": "banana" };
      const refused = await callTool(server, "whoami", { headers });
      assertChallenge(refused, server, { status: 401 });
      const token = await server.token("");
      const answer = await callTool(server, "whoami", { headers, token });
      assertEquals(answer.status, 400);
    },
  },
  {
    name: "credentials: they are asked for with every request of a connection",
    check: async (server): Promise<void> => {
      const token = await server.token("");
      const authorization = ["Authorization", `Bearer ${token}`] as const;
      const text = await server.raw(
        format(server, { fields: [...FIELDS, authorization], body: WHOAMI }),
        format(server, {
          fields: [...FIELDS, ["Connection", "close"]],
          body: WHOAMI,
        }),
      );
      assertEquals(statuses(text), [200, 401]);
    },
  },
  ...["GET", "DELETE"].map((method): Expectation => ({
    name: `credentials: with a token, ${method} gets the handler's own answer`,
    check: async (server): Promise<void> => {
      const token = await server.token("");
      // Some clients send a length with every method, and some runtimes make an empty body of it.
      for (const length of [[], [["Content-Length", "0"] as const]]) {
        const { status, headers } = await send(server, {
          method,
          fields: [
            ["Accept", "text/event-stream"],
            ["Authorization", `Bearer ${token}`],
            ...length,
          ],
        });
        assertEquals([status, headers.get("allow")], [405, "POST"]);
      }
    },
  })),
  ...OTHER_SCHEMES.map(([why, value]): Expectation => ({
    name: `credentials: ${why} is none (${JSON.stringify(value)})`,
    check: async (server): Promise<void> => {
      const { answer, token } = await bring(server, value);
      assertChallenge(answer, server, { status: 401 });
      assertKeepsSecret(answer, token);
    },
  })),
  ...MALFORMED.map(([why, value]): Expectation => ({
    name: `credentials: ${why} is no token (${JSON.stringify(value)})`,
    check: async (server): Promise<void> => {
      const { answer, token } = await bring(server, value);
      const expected = { status: 401, error: "invalid_token" } as const;
      assertChallenge(answer, server, expected);
      assertKeepsSecret(answer, token);
    },
  })),
  ...SPELLINGS.map(([why, value]): Expectation => ({
    name: `credentials: the scheme ${why} is the scheme`,
    check: async (server): Promise<void> => {
      const { answer } = await bring(server, value);
      toolText(answer);
    },
  })),
  ...ELSEWHERE.map(([where, ask]): Expectation => ({
    name: `credentials: a token in ${where} is none`,
    check: async (server): Promise<void> => {
      const token = await server.token("notes:admin");
      const answer = await ask(server, token);
      assertChallenge(answer, server, { status: 401 });
      assertKeepsSecret(answer, token);
    },
  })),
  {
    name: "credentials: a token in the query beside the field is one too many",
    check: async (server): Promise<void> => {
      const token = await server.token("");
      const target = `${server.resource}?access_token=${token}`;
      const answer = await callTool(server, "whoami", { token, target });
      const expected = { status: 400, error: "invalid_request" } as const;
      assertChallenge(answer, server, expected);
      assertKeepsSecret(answer, token);
    },
  },
  {
    name: "credentials: two tokens in one field are one too many",
    check: async (server): Promise<void> => {
      const value = "Bearer $TOKEN, Bearer $OTHER";
      const { answer } = await bring(server, value);
      const expected = { status: 400, error: "invalid_request" } as const;
      assertChallenge(answer, server, expected);
    },
  },
  ...PAIRS.map(([what, first, second]): Expectation => ({
    name:
      `credentials: ${what} in two fields are refused, or the first is taken ` +
      "where the platform drops the second",
    check: async (server): Promise<void> => {
      const tokens = await twoTokens(server);
      const answer = await send(server, {
        fields: [
          ...FIELDS,
          ["Authorization", fill(first, tokens)],
          ["Authorization", fill(second, tokens)],
        ],
        body: WHOAMI,
      });
      if (server.platform.twoAuthorizations === "second dropped") {
        const [authorization, body] = [fill(first, tokens), WHOAMI];
        const alone = await send(server, {
          fields: [...FIELDS, ["Authorization", authorization]],
          body,
        });
        assertEquals(answer.status, alone.status);
        assertEquals(answer.body, alone.body);
      } else {
        assert([400, 401].includes(answer.status), `${answer.status}`);
        for (const token of Object.values(tokens)) {
          assertKeepsSecret(answer, token);
        }
      }
    },
  })),
  ...HOSTILE.map(([what, bytes]): Expectation => ({
    name: `credentials: ${what} gets a 4xx or a closed connection, and no more`,
    check: async (server): Promise<void> => {
      const token = await server.token("");
      const text = await server.raw(bytes(server, token));
      for (const status of statuses(text)) {
        assert(isRefusal(status, server.platform), text);
      }
      assertFalse(text !== "" && parse(text) === undefined, text);
      toolText(await callTool(server, "whoami", { token }));
    },
  })),
  {
    name:
      "credentials: a space before the colon does not make a field, or the field is judged",
    check: (server): Promise<void> =>
      assertAddsNothing(server, async (token) => {
        const isRead = server.platform.spaceBeforeColon === "read";
        const brought = isRead ? token : await server.token("notes:write");
        const body = JSON.stringify(toolCall("add_note", { text: "smuggled" }));
        const fields = [...FIELDS, ["Authorization ", `Bearer ${brought}`]];
        const text = await server.raw(
          format(server, { fields: fields as [string, string][], body })
            .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"),
        );
        assertFalse(statuses(text).includes(200), text);
        if (isRead) assertEquals(statuses(text), [403]);
      }),
  },
];

interface TwoTokens {
  readonly TOKEN: string;
  readonly OTHER: string;
}

async function twoTokens(server: Server): Promise<TwoTokens> {
  return { TOKEN: await server.token(""), OTHER: await server.token("") };
}

function fill(value: string, { TOKEN, OTHER }: TwoTokens): string {
  return value.replace("$TOKEN", TOKEN).replace("$OTHER", OTHER);
}

/** Calls a tool that every token may call, with this value of the Authorization field. */
async function bring(
  server: Server,
  value: string,
): Promise<{ readonly answer: Answer; readonly token: string }> {
  const tokens = await twoTokens(server);
  const answer = await send(server, {
    fields: [...FIELDS, ["Authorization", fill(value, tokens)]],
    body: WHOAMI,
  });
  return { answer, token: tokens.TOKEN };
}

function withField(server: Server, name: string, value: string): string {
  return format(server, {
    fields: [...FIELDS, ["Connection", "close"], [name, value]],
  });
}
