// deno-lint-ignore-file no-console
import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { test } from "node:test";
import {
  AccessTokenError,
  AuthorizationServerError,
  RequestError,
} from "../src/errors.ts";
import { type Decision, refused } from "../src/decisions.ts";
import { logDecisions } from "../src/log_decisions.ts";
import { answerNothing } from "../src/testing/mod.ts";
import {
  callOf,
  ISSUER,
  post,
  protect,
  RESOURCE,
} from "./support/protected.ts";

const OTHER = "https://other.example/mcp";

function lineOf(decision: Decision, format: "json" | "text"): string {
  const lines: string[] = [];
  logDecisions({ format, write: (line) => void lines.push(line) })(decision);
  assertEquals(lines.length, 1);
  return lines[0]!;
}

const accepted: Decision = {
  outcome: "accepted",
  issuer: ISSUER,
  subject: "user-1",
  clientId: "client-1",
  scopes: ["notes:read", "notes:write"],
  operations: [{ method: "tools/call", name: "add note" }, { method: "ping" }],
};

/** Decisions, and their lines. */
const rows: readonly (readonly [
  why: string,
  decision: Decision,
  text: string,
  json: unknown,
])[] = [
  [
    "accepted",
    accepted,
    `accepted operations="tools/call add note ping" subject=user-1 clientId=client-1 scopes="notes:read notes:write" issuer=${ISSUER}`,
    {
      outcome: "accepted",
      operations: ["tools/call add note", "ping"],
      subject: "user-1",
      clientId: "client-1",
      scopes: ["notes:read", "notes:write"],
      issuer: ISSUER,
    },
  ],
  [
    "accepted, of a client without a name",
    {
      ...accepted,
      subject: undefined,
      clientId: "",
      scopes: [],
      operations: [],
    },
    `accepted issuer=${ISSUER}`,
    {
      outcome: "accepted",
      operations: [],
      clientId: "",
      scopes: [],
      issuer: ISSUER,
    },
  ],
  ["anonymous", { outcome: "anonymous" }, "anonymous", {
    outcome: "anonymous",
  }],
  [
    "refused for its audience",
    refused(
      new AccessTokenError("wrong_audience", {
        expected: [RESOURCE],
        received: [OTHER, "a b"],
      }),
      401,
    ),
    `refused status=401 reason=wrong_audience expected=${RESOURCE} received="${OTHER} a b"`,
    {
      outcome: "refused",
      status: 401,
      reason: "wrong_audience",
      expected: [RESOURCE],
      received: [OTHER, "a b"],
    },
  ],
  [
    "refused by a preset",
    refused(
      new AccessTokenError("wrong_type", { cause: "It has no azp" }),
      401,
    ),
    'refused status=401 reason=wrong_type why="It has no azp"',
    {
      outcome: "refused",
      status: 401,
      reason: "wrong_type",
      why: "It has no azp",
    },
  ],
  [
    "refused for its host",
    refused(
      new RequestError("host_not_allowed", {
        received: "a",
        advice: "allow it by cors.hosts",
      }),
      403,
    ),
    'refused status=403 reason=host_not_allowed received=a why="allow it by cors.hosts"',
    {
      outcome: "refused",
      status: 403,
      reason: "host_not_allowed",
      received: ["a"],
      why: "allow it by cors.hosts",
    },
  ],
  [
    "unavailable",
    {
      outcome: "unavailable",
      error: new AuthorizationServerError(
        "Cannot read https://a: connection refused",
      ),
    },
    'unavailable status=503 why="Cannot read https://a: connection refused"',
    {
      outcome: "unavailable",
      status: 503,
      why: "Cannot read https://a: connection refused",
    },
  ],
];

for (const [why, decision, text, json] of rows) {
  test(`logDecisions() writes one line for a request that was ${why}`, () => {
    assertEquals(lineOf(decision, "text"), text);
    assertEquals(JSON.parse(lineOf(decision, "json")), json);
  });
}

/** What a client could write into a log, and what may not be in a line. */
const hostile: readonly (readonly [why: string, text: string])[] = [
  ["a line end", "a\nrefused status=200"],
  ["a carriage return", "a\raccepted"],
  ["Unicode's line ends", "a\u2028b\u2029c\u0085d"],
  ["a terminal's escape", "\u001b[2K\u009b2K"],
  ["NUL and DEL", "\u0000\u007f"],
  ["text from right to left", "\u202eabc"],
  ["a quote and a backslash", 'a" status=200 b="\\'],
  ["half a character", "\ud83d"],
  ["invisible tags", "\u{e0041}"],
  ["what JSON ends with", '"}\n{"outcome":"accepted"}'],
];

for (const [why, text] of hostile) {
  test(`logDecisions() lets nobody forge a line by ${why}`, () => {
    const decisions: readonly Decision[] = [
      {
        ...accepted as Extract<Decision, { outcome: "accepted" }>,
        issuer: text,
        subject: text,
        clientId: text,
        scopes: [text],
        operations: [{ method: text, name: text }],
      },
      refused(
        new AccessTokenError("untrusted_issuer", {
          received: text,
          cause: text,
        }),
        401,
      ),
      { outcome: "unavailable", error: new AuthorizationServerError(text) },
    ];
    for (const decision of decisions) {
      for (const format of ["text", "json"] as const) {
        const line = lineOf(decision, format);
        assertFalse(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/u.test(line), line);
        if (format === "json") {
          assertEquals(JSON.parse(line).outcome, decision.outcome);
        } else {
          // Without what is quoted, nothing is left but names and plain values.
          const bare = line.replace(/"(?:[^"\\]|\\.)*"/g, "");
          assertMatch(
            bare,
            /^(?:accepted|refused|unavailable)(?: \w+=[!#-~]*)*$/,
          );
          assertFalse(/status=200/.test(bare), line);
        }
      }
    }
  });
}

test("logDecisions() writes a bounded line, whatever a token holds", () => {
  const long = "x".repeat(100_000);
  for (
    const [subject, shown] of [
      [long, `${"x".repeat(512)}…`],
      [{ a: 1 }, "object"],
      [null, "null"],
      [1n, "bigint"],
      [Symbol("a"), "symbol"],
      [42, 42],
      [NaN, null],
    ] as const
  ) {
    const decision: Decision = {
      ...accepted as Extract<Decision, { outcome: "accepted" }>,
      subject,
      scopes: Array(1000).fill(long),
      operations: Array(1000).fill({ method: long, name: long }),
    };
    for (const format of ["text", "json"] as const) {
      assert(lineOf(decision, format).length < 40_000);
    }
    assertEquals(JSON.parse(lineOf(decision, "json")).subject, shown);
  }
});

test("logDecisions() repeats no cause that may have the token", () => {
  for (
    const cause of [new Error("CANARY"), { token: "CANARY" }, ["CANARY"]]
  ) {
    const decision = refused(new AccessTokenError("expired", { cause }), 401);
    for (const format of ["text", "json"] as const) {
      assertFalse(lineOf(decision, format).includes("CANARY"));
    }
  }
});

test("logDecisions() is an onDecision, and has no token in a line", async () => {
  for (const format of ["text", "json"] as const) {
    const lines: string[] = [];
    const { handle, issuer, network } = protect({
      scopes: { operations: { "tools/call": ["notes:admin"] } },
      onDecision: logDecisions({
        format,
        write: (line) => void lines.push(line),
      }),
    });
    const tokens = [
      await issuer.token({ scope: "notes:admin" }),
      await issuer.token({ aud: OTHER }),
      await issuer.token(),
    ];
    for (const token of tokens) {
      await handle(post({ token, body: callOf("a") }));
    }
    network.outage = answerNothing();
    network.pass(7200);
    await handle(post({ token: await issuer.token() }));
    const told = lines.join("\n");
    assertEquals(lines.length, 4);
    for (const word of ["notes:admin", OTHER, "connection refused"]) {
      assert(told.includes(word), told);
    }
    for (const token of tokens) {
      for (const part of token.split(".")) assertFalse(told.includes(part));
    }
  }
});

test("logDecisions() writes to the console by default", () => {
  const { log } = console;
  const lines: unknown[][] = [];
  console.log = (...line) => void lines.push(line);
  try {
    logDecisions()({ outcome: "anonymous" });
    logDecisions({ format: undefined, write: undefined })({
      outcome: "anonymous",
    });
    logDecisions({ format: "json" })({ outcome: "anonymous" });
  } finally {
    console.log = log;
  }
  assertEquals(lines, [["anonymous"], ["anonymous"], [
    '{"outcome":"anonymous"}',
  ]]);
});
