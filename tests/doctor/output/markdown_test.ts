import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { reportMarkdown } from "../../../src/doctor/output/markdown.ts";
import type { Report } from "../../../src/doctor/report.ts";
import {
  at,
  examineWorld,
  members,
  MIRROR,
  says,
  SERVER_METADATA,
} from "../world.ts";

/** What a server may send in the hope that an issue shows it as markup, or calls somebody. */
const HOSTILE = [
  "@everyone ![x](https://evil.example/x.png) [click](javascript:alert(1))",
  "<img src=x onerror=alert(1)></details><script>",
  "`` ` ``` ```` out of the code span",
  "https://evil.example/",
  "www.evil.example",
  "```\nout of the block\n~~~\n# heading\n| cell |",
];

/** A report about a server that sends this everywhere. */
async function hostileReport(text: string): Promise<Report> {
  const { report } = await examineWorld([
    at(SERVER_METADATA, members({ issuer: text })),
  ]);
  const [finding] = report.findings;
  const [first] = report.exchanges;
  const [client] = report.clients;
  assert(finding && first && client);
  return {
    ...report,
    url: `https://notes.example.com/${text}`,
    findings: [{
      ...finding,
      sightings: [{ seen: text, exchanges: [1] }],
    }],
    clients: [{ ...client, reason: text }],
    dpop: { mode: "optional", algorithms: [text] },
    exchanges: [{
      ...first,
      responseHeaders: { [text]: text },
      body: text,
      failure: text,
    }],
  };
}

/** What is left of Markdown without its code blocks and code spans. */
function withoutCode(text: string): string {
  return text
    .replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, "")
    .replace(
      /(?<!`)(`+)(?!`)(?:[^`\n]|(?!(?<!`)\1(?!`))`)*?(?<!`)\1(?!`)/g,
      "",
    );
}

for (const text of HOSTILE) {
  test(`reportMarkdown() has a server's words in code alone: ${JSON.stringify(text)}`, async () => {
    const written = reportMarkdown(await hostileReport(text));
    const rest = withoutCode(written);
    for (
      const word of [
        "evil",
        "onerror",
        "javascript",
        "everyone",
        "out of",
        "heading",
        "script",
      ]
    ) {
      assert(!rest.includes(word), `${word} in ${rest}`);
    }
    assertEquals(rest.match(/<details>/g)?.length, 1);
    assertEquals(rest.match(/<\/details>/g)?.length, 1);
  });
}

test("reportMarkdown() fits into an issue, however much a server sends", async () => {
  const report = await hostileReport("x".repeat(5000));
  const [finding] = report.findings;
  const long: Report = {
    ...report,
    findings: Array.from({ length: 90 }, () => finding!),
  };
  assert(reportMarkdown(long).length <= 60_000);
});

test("reportMarkdown() has what was found, the clients, the advice and the requests that show it", async () => {
  const { report } = await examineWorld([
    at(MIRROR, says(404)),
    at(SERVER_METADATA, members({ grant_types_supported: ["implicit"] })),
  ]);
  const written = reportMarkdown(report);
  for (
    const part of [
      "# OAuth of ` https://notes.example.com/mcp `\n\n1 error, 1 piece of advice, in ",
      '(`grant-not-supported`)\n\n- Seen: ` grant_types_supported is ["implicit"]. ` request ',
      "Codex 0.171",
      "## Advice",
      "<details><summary>Request ",
      '  "grant_types_supported": [\n    "implicit"\n  ]',
    ]
  ) assertStringIncludes(written, part);
});

test("reportMarkdown() says so if there are no findings", async () => {
  const { report } = await examineWorld([]);
  assertStringIncludes(reportMarkdown(report), "\n\nNo problems found, in ");
});
