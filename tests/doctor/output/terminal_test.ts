import { assert, assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import {
  type Exchange,
  type Finding,
  type Report,
  type Severity,
  worstSeverity,
} from "../../../src/doctor/report.ts";
import {
  formatExchange,
  formatReport,
} from "../../../src/doctor/output/terminal.ts";

const finding = (severity: Severity, title: string): Finding => ({
  code: "no-challenge",
  severity,
  title,
  clause: { text: "RFC 9110 §15.5.2", url: "https://rfc.example/#a" },
  clients: [],
  sightings: [
    { seen: "The 401 is bare.", exchanges: [1, 2] },
    { seen: "So is another.", exchanges: [3] },
  ],
  advice: "Send the field.",
});

const exchange: Exchange = {
  number: 7,
  stage: "endpoint",
  purpose: "initialize",
  method: "POST",
  url: "https://notes.example.com/mcp",
  requestHeaders: {},
  status: 401,
  responseHeaders: {},
  body: "",
  milliseconds: 12.4,
};

const report: Report = {
  url: "https://notes.example.com/mcp",
  startedAt: "2026-11-22T00:00:00.000Z",
  findings: [finding("error", "It is broken"), finding("note", "It is odd")],
  clients: [
    {
      client: "go-1.7",
      name: "Go SDK 1.7",
      outcome: "signs in",
      reason: "It does.",
      exchanges: [1],
    },
    {
      client: "typescript-1.11",
      name: "",
      outcome: "stops",
      reason: "No mirror.",
      exchanges: [],
    },
    {
      client: "typescript-1.15",
      name: "",
      outcome: "stops",
      reason: "No mirror.",
      exchanges: [],
    },
    {
      client: "cursor",
      name: "Cursor",
      outcome: "unknown",
      reason: "Closed.",
      exchanges: [],
    },
  ],
  exchanges: [exchange],
};

test("formatReport() has the worst first, every sighting, and the count at its end", () => {
  const text = formatReport(report);
  const places = [
    "1 error",
    "✗ It is broken  no-challenge",
    "seen    The 401 is bare. #1 #2",
    "        So is another. #3",
    "breaks  TypeScript SDK 1.13; Python SDK 1.12, 1.19;",
    "change  Send the field.",
    "rule    RFC 9110 §15.5.2 https://rfc.example/#a",
    "1 note",
    "· It is odd",
    "✓ can sign in  Go SDK 1.7",
    "✗ stops        TypeScript SDK 1.11, 1.15: No mirror.",
    "? not known    Cursor",
    "https://notes.example.com/mcp: 1 error, 1 note, in 1 request\n",
  ].map((part) => text.indexOf(part));
  assertEquals(places.includes(-1), false, text);
  assertEquals([...places].sort((a, b) => a - b), places);
});

test("formatReport() says so if there are no findings", () => {
  const text = formatReport({ ...report, findings: [], clients: [] });
  assertEquals(
    text,
    "\nhttps://notes.example.com/mcp: no problems found, in 1 request\n",
  );
});

test("formatReport() has no escape sequences unless colours are enabled", () => {
  assertEquals(formatReport(report).includes("\u001b"), false);
  const text = formatReport(report, { colors: "ansi" });
  assert(text.includes("\u001b[31m"));
  // deno-lint-ignore no-control-regex
  assertEquals(text.replace(/\u001b\[\d+m/g, ""), formatReport(report));
});

test("formatReport() fits its lines, words that are longer apart", () => {
  for (const columns of [40, 60, 100]) {
    const lines = formatReport(report, { columns }).split("\n")
      .filter((line) => !/no-challenge|https:/.test(line));
    assert(lines.every((line) => line.length <= columns), `${columns}`);
  }
});

test("formatExchange() is one line that fits", () => {
  assertMatch(
    formatExchange(exchange),
    /^ {2}7 {2}POST +https:\/\/notes\.example\.com\/mcp +401 {2}12 ms$/,
  );
  const long = { ...exchange, url: `https://h/${"a".repeat(500)}` };
  assertEquals(formatExchange(long, { columns: 79 }).length, 79);
  const { status: _status, ...unanswered } = exchange;
  assertMatch(
    formatExchange({ ...unanswered, failure: "timed out" }),
    /timed out/,
  );
});

test("worstSeverity() is the worst there is", () => {
  assertEquals(worstSeverity(report), "error");
  const findings = [finding("note", ""), finding("warning", "")];
  assertEquals(worstSeverity({ ...report, findings }), "warning");
  assertEquals(worstSeverity({ ...report, findings: [] }), undefined);
});
