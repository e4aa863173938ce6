import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import type { Exchange } from "../../../src/doctor/report.ts";
import {
  counted,
  listed,
  quoted,
  transcript,
} from "../../../src/doctor/output/text.ts";

test("quoted() has a word for whatever JSON can hold, and for nothing", () => {
  // What an engine does with a value that is nested too deeply for it.
  const nested = {
    toJSON(): never {
      throw new RangeError("Maximum call stack size exceeded");
    },
  };
  assertEquals(quoted('a"b'), '"a\\"b"');
  assertEquals(quoted(undefined), "missing");
  assertEquals(quoted(nested), "nested too deeply");
});

test("listed() and counted() write as people do", () => {
  assertEquals(listed([]), "");
  assertEquals(listed(["a"]), "a");
  assertEquals(listed(["a", "b", "c"]), "a, b and c");
  assertEquals(counted(1, "error"), "1 error");
  assertEquals(counted(2, "error"), "2 errors");
});

const exchange: Exchange = {
  number: 1,
  stage: "endpoint",
  purpose: "initialize",
  method: "POST",
  url: "https://notes.example.com/mcp",
  requestHeaders: { accept: "application/json" },
  requestBody: '{"id":1}',
  status: 401,
  responseHeaders: { "x-a": "b" },
  body: '{"error":"none","hidden":"\\u202e\\u0007"}',
  milliseconds: 1,
};

test("transcript() has both bodies, with the members of JSON on lines of their own", () => {
  assertEquals(transcript(exchange).split("\n"), [
    "POST https://notes.example.com/mcp",
    "accept: application/json",
    "",
    "{",
    '  "id": 1',
    "}",
    "",
    "401",
    "x-a: b",
    "",
    "{",
    '  "error": "none",',
    // What JSON had escaped, because it commands or hides, is not let out.
    '  "hidden": "\\u{202e}\\u0007"',
    "}",
  ]);
});

test("transcript() has the lines of other bodies, and does not grow with nested arrays", () => {
  const html = { ...exchange, body: "<p>\\u{d}\\u{a}</p>" };
  assertEquals(transcript(html).split("\n").slice(-2), ["<p>", "</p>"]);
  const nested = "[".repeat(900) + "]".repeat(900);
  const length = transcript({ ...exchange, body: nested }).length;
  assert(length < 2500, `${length}`);
});
