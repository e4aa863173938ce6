import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { test } from "node:test";
import { clients } from "../../examples/clients.ts";
import { NOTES_SCOPES } from "../../examples/notes_scopes.ts";
import { NOTES_TOOLS } from "../../examples/notes_tools.ts";
import { landingPage, startupMessage } from "../../examples/page.ts";

const INTRODUCTION = {
  resource: "http://localhost:8787/mcp",
  authorizationServers: ["http://localhost:7788"],
  development: true,
};

test("The page of an example runs its own script and style, and loads nothing", async () => {
  const response = landingPage(INTRODUCTION);
  const page = await response.text();
  const policy = response.headers.get("content-security-policy") ?? "";
  const [, nonce = ""] = /script-src 'nonce-([\w-]{36})'/.exec(policy) ?? [];
  const scripts = [...page.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
  assertEquals(scripts, [`<script nonce="${nonce}">`]);
  assertMatch(policy, /default-src 'none'.*style-src 'nonce-/);
  const loaded = [...page.matchAll(/\s(?:src|action|srcset)=|@import|url\(/g)];
  assertEquals(loaded.length, 0);
  const again = landingPage(INTRODUCTION).headers
    .get("content-security-policy");
  assert(again !== policy, "a nonce is used once");
});

test("The page of an example has a tab for each client", async () => {
  const page = await landingPage(INTRODUCTION).text();
  const names = clients(INTRODUCTION.resource).map(({ name }) => name);
  const tabs = [
    ...page.matchAll(/<label\s+for="client-\d+">\s*([^<]*?)\s*<\/label>/g),
  ];
  assertEquals(tabs.map(([, name]) => name), names);
  for (const i of names.keys()) {
    assertStringIncludes(
      page,
      `#client-${i}:checked ~ section:nth-of-type(${i + 1})`,
    );
  }
});

test("The page of an example names every tool and its scope", async () => {
  const page = await landingPage(INTRODUCTION).text();
  const rows = [...page.matchAll(/<tr>\s*<td><code>([^]*?)<\/tr>/g)]
    .map(([, row]) => row!.replace(/<[^>]*>/g, " ").split(/\s+/));
  const rules = NOTES_SCOPES.operations?.["tools/call"] as Readonly<
    Record<string, readonly string[]>
  >;
  assertEquals(
    rows.map((words) => [words[0], words.filter(Boolean).at(-1)]),
    NOTES_TOOLS.map(({ name }) => {
      const scopes = rules[name] ?? rules["*"]!;
      return [name, scopes.length === 0 ? "none" : scopes.join(" ")];
    }),
  );
});

test("The page of an example shows a resource as text", async () => {
  const resource = "http://localhost:8787/mcp</style><script>'x'";
  const page = await landingPage({ ...INTRODUCTION, resource }).text();
  assertEquals(page.split("<script").length, 2);
});

test("The page of an example offers the doctor where it has one", async () => {
  const link = '<a href="/doctor">';
  const without = await landingPage(INTRODUCTION).text();
  assertEquals(without.includes(link), false);
  const doctor = (): undefined => undefined;
  const page = await landingPage({ ...INTRODUCTION, doctor }).text();
  assertStringIncludes(page, link);
});

test("What an example prints can be run on Node.js 20", () => {
  const message = startupMessage(INTRODUCTION);
  const inspector = /^ {2}MCP Inspector +(.*)$/m.exec(message)?.[1];
  assertEquals(
    inspector,
    "npx -y -p node@22 -p @modelcontextprotocol/inspector@latest mcp-inspector --transport http --server-url http://localhost:8787/mcp",
  );
  for (const [, command] of message.matchAll(/ (npx .*)/g)) {
    assertMatch(command!, /^npx -y /, "npx would ask before it installs");
  }
});
