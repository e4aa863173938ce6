/** docs/troubleshooting.md quotes what the server really says, and leaves out no reason. */
import { assert, assertEquals } from "@std/assert";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import {
  AccessTokenError,
  type AccessTokenErrorReason,
  AuthorizationServerError,
  RequestError,
  type RequestErrorReason,
} from "../src/errors.ts";
import {
  responseTo,
  UpstreamError,
  type UpstreamErrorReason,
} from "../src/gateway/errors.ts";
import { refuse, refuseRequest } from "../src/http/error_responses.ts";

const ROOT = new URL("../", import.meta.url);
const page = read("docs/troubleshooting.md");
const errors = read("src/errors.ts") + read("src/gateway/errors.ts");
const params = {
  resourceMetadata:
    "https://notes.example.com/.well-known/oauth-protected-resource/mcp",
  scope: [],
};

const tokenReasons = reasonsOf<AccessTokenErrorReason>(
  "AccessTokenErrorReason",
);
const requestReasons = reasonsOf<RequestErrorReason>("RequestErrorReason");

test("The log says: every reason, once", () => {
  const listed = rowsOf("The log says").map(([reason]) => reason);
  assertEquals(listed.sort(), [...tokenReasons, ...requestReasons].sort());
});

test("The server answers: each description and status, with its reasons", async () => {
  const expected = new Map<string, string[]>();
  const add = async (response: Response, reason: string): Promise<void> => {
    const { error_description, error } = await response.json();
    const key = `${error_description ?? error.message} ${response.status}`;
    expected.set(key, [...expected.get(key) ?? [], reason]);
  };
  for (const reason of tokenReasons) {
    await add(refuse(new AccessTokenError(reason), params), reason);
  }
  for (const reason of requestReasons) {
    await add(refuseRequest(new RequestError(reason)), reason);
  }
  const away = new AuthorizationServerError("");
  await add(refuse(away, params), "unavailable");
  const listed = rowsOf("The server answers").map(([text, status, reasons]) =>
    [`${text} ${status}`, quotedIn(reasons!)] as const
  );
  assertEquals(new Map(listed), expected);
});

test("The gateway answers: each message and status, with its reasons", async () => {
  const expected = new Map<string, string[]>();
  for (
    const reason of reasonsOf<UpstreamErrorReason>("UpstreamErrorReason")
  ) {
    const response = responseTo(new UpstreamError(reason, ""));
    const { error } = await response.json();
    const key = `${error.message} ${response.status}`;
    expected.set(key, [...expected.get(key) ?? [], reason].sort());
  }
  const listed = rowsOf("The gateway answers").map(([text, status, reasons]) =>
    [`${text} ${status}`, quotedIn(reasons!).sort()] as const
  );
  assertEquals(new Map(listed), expected);
});

for (
  const section of [
    "The bridge answers",
    "unavailable",
    "The server does not start",
    "A handler throws",
  ]
) {
  test(`${section}: each message is in the source, between its ellipses`, () => {
    const source = globSync("src/**/*.ts", { cwd: ROOT }).map((file) =>
      read(file)
    ).join("\n");
    const rows = rowsOf(section);
    assert(rows.length > 0);
    for (const message of rows.flatMap(([first]) => first!.split("`, `"))) {
      // The source glues parts with punctuation.
      const parts = message.split("…")
        .map((part) => part.replace(/^\W+|[\s:?,]+$/g, ""));
      for (const part of parts) {
        assert(source.includes(part), `${message}: ${part}`);
      }
    }
  });
}

/** The rows of a section's table: the first cell without the backticks around it. */
function rowsOf(section: string): string[][] {
  const [, text = ""] = page.split(`\n## ${section}\n`);
  const [table] = text.split("\n## ");
  return table!.split("\n").filter((line) => line.startsWith("| `")).map(
    (line) => {
      const cells = line.split("|").slice(1, -1).map((cell) => cell.trim());
      return [cells[0]!.replace(/^`|`$/g, ""), ...cells.slice(1)];
    },
  );
}

function quotedIn(cell: string): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1]!);
}

/** The members of a union of strings in the source. */
function reasonsOf<Reason extends string>(type: string): Reason[] {
  const [, union = ""] =
    new RegExp(`export type ${type} =([^;]+);`).exec(errors) ?? [];
  return [...union.matchAll(/"(\w+)"/g)].map((match) => match[1] as Reason);
}

function read(file: string): string {
  return readFileSync(new URL(file, ROOT), "utf8");
}
