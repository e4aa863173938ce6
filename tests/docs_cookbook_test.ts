/** The programs of the cookbook do what their pages say. */
import { assertEquals } from "@std/assert";
import { globSync } from "node:fs";
import { test } from "node:test";
import { auth, type Runs } from "./runner/cookbook/issuers.ts";
import { RIGHTS } from "./runner/cookbook/rights.ts";
import { TOKENS } from "./runner/cookbook/tokens.ts";
import { blocks, load } from "./runner/docs.ts";
import { byFetch, originOf, type Site } from "./runner/docs_answers.ts";
import { callerOf, runOn } from "./runner/docs_callers.ts";
import { createServer, servers } from "./support/listening.ts";

const ROOT = new URL("../", import.meta.url);

const codes = new Map(
  blocks().filter(({ place }) => place.startsWith("docs/cookbook/"))
    .map((
      { place, code },
    ) => [/^docs\/cookbook\/([\w-]+)/.exec(place)![1]!, code]),
);

const RUNS: Runs = { ...RIGHTS, ...TOKENS };

test("each page of the cookbook has one program, which is run here", () => {
  const files = globSync("docs/cookbook/*.md", { cwd: ROOT });
  const names = files.map((file) => /([\w-]+)\.md$/.exec(file)![1]!);
  assertEquals([...codes.keys()].sort(), names.sort());
  assertEquals(Object.keys(RUNS).sort(), names.sort());
});

for (const [name, run] of Object.entries(RUNS)) {
  test(`docs/cookbook/${name}.md: the program does what the page says`, async () => {
    const upstream = await startUpstream();
    const { fetch } = globalThis;
    const network = (url: string, init: RequestInit): Promise<Response> =>
      url.startsWith(upstream.origin)
        ? fetch(url, init)
        : auth.platform.fetch(url, init);
    try {
      const code = codes.get(name)!
        .replace("http://127.0.0.1:3000", upstream.origin)
        .replace('expires: "2027', `expires: "${new Date().getFullYear() + 1}`);
      await runOn(network, async () => {
        await run(callerOf(byFetch(await load<Site>(code))));
      });
    } finally {
      upstream.close();
    }
  });
}

/** An MCP server that says whom the gateway told it of. */
async function startUpstream(): Promise<{ origin: string; close: () => void }> {
  createServer((request, response) => {
    const text = `From the server: ${request.headers["x-forwarded-user"]}`;
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ result: { content: [{ type: "text", text }] } }),
    );
  }).listen(0);
  const [server] = servers.splice(0);
  const origin = await originOf(server!);
  return { origin, close: () => void server!.close() };
}
