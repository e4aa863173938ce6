import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
} from "@std/assert";
import { test } from "node:test";
import { type Doctor, doctor, doctorOf } from "../../examples/doctor.ts";
import {
  BUN_EXAMPLE,
  type Example,
  TIMEOUT_MILLISECONDS as timeout,
  withExample,
} from "./example.ts";

const RESOURCE = "http://localhost:8787/mcp";

function example(name: string): readonly string[] {
  return ["deno", "run", "-A", "examples/run.ts", name];
}

for (
  const [name, command] of [
    ["the README's server", BUN_EXAMPLE],
    ...["bun", "deno", "modern", "node", "express", "hono"].map((name) =>
      [name, example(name)] as const
    ),
  ] as const
) {
  test(
    `${name}: / leads to the doctor's page on the running server, which finds no problems`,
    { timeout },
    () => withExample(assertExamined, {}, command),
  );
}

async function assertExamined({ origin, resource }: Example): Promise<void> {
  const home = await (await fetch(`${origin}/`)).text();
  const href = /<a [^>]*href="([^"]+)">The doctor's page/.exec(home)?.[1] ??
    "";
  const response = await fetch(new URL(href, `${origin}/`));
  const page = await response.text();
  assertEquals(response.status, 200);
  assertStringIncludes(page, `<h1>${resource}</h1>`);
  assertFalse(/<h2[^>]*>(?:Errors|Warnings)/.test(page), page);
  assertEquals(
    (await fetch(`${origin}/doctor`, { method: "POST" })).status,
    404,
  );
}

for (const name of ["vercel", "workers", "aws"]) {
  test(`${name}: / has the doctor's command, and there is no page`, {
    timeout,
  }, () => withExample(assertUnexamined, {}, example(name)));
}

test("an example that listens on every address has no doctor's page", {
  timeout,
}, () => withExample(assertUnexamined, { HOST: "0.0.0.0" }));

async function assertUnexamined({ origin, resource }: Example): Promise<void> {
  const home = await (await fetch(`${origin}/`)).text();
  assertFalse(home.includes('href="/doctor"'));
  assertStringIncludes(home, `deno task doctor ${resource}`);
  assertEquals((await fetch(`${origin}/doctor`)).status, 404);
}

for (
  const [why, resource, host, isThere] of [
    ["both are this machine", RESOURCE, "localhost", true],
    ["the address is IPv6", RESOURCE, "::1", true],
    [
      "the resource is elsewhere",
      "https://notes.example.com/mcp",
      "localhost",
      false,
    ],
    ["others can ask", RESOURCE, "192.168.1.2", false],
    ["anybody can ask", RESOURCE, "::", false],
    [
      "the resource has the path",
      "http://localhost:8787/doctor",
      "localhost",
      false,
    ],
  ] as const
) {
  test(`doctorOf() ${isThere ? "makes a page" : "makes none"} where ${why}`, () => {
    assertEquals(doctorOf({ resource, host }) !== undefined, isThere);
  });
}

for (
  const [why, url, method] of [
    [
      "by a name that DNS may have made up",
      "http://evil.example/doctor",
      "GET",
    ],
    ["to change something", "http://localhost:8787/doctor", "POST"],
    ["for another page", "http://localhost:8787/doctor/", "GET"],
  ] as const
) {
  test(`doctor() leaves a request alone that asks ${why}`, () => {
    const { answer, asked } = observed();
    assertEquals(answer(new Request(url, { method })), undefined);
    assertEquals(asked(), 0);
  });
}

test("doctor() examines once for all who ask within ten seconds, and asks its own server alone", async () => {
  const { answer, asked, origins, pass } = observed();
  const pages = await Promise.all([1, 2, 3].map(() => textOf(answer)));
  const once = asked();
  assert(once > 0);
  assertEquals(new Set(pages).size, 1);
  pass(9.999);
  assertEquals(await textOf(answer), pages[0]);
  assertEquals(asked(), once);
  pass(0.001);
  await textOf(answer);
  assertEquals(asked(), 2 * once);
  assertEquals(origins(), ["http://localhost:8787"]);
});

interface Observed {
  readonly answer: Doctor;
  readonly asked: () => number;
  readonly origins: () => string[];
  readonly pass: (seconds: number) => void;
}

/** A doctor of a server that has nothing, with what it asked. */
function observed(): Observed {
  const urls: string[] = [];
  let milliseconds = 1_800_000_000_000;
  const answer = doctor(RESOURCE, {
    now: () => milliseconds,
    fetch: (url) => {
      urls.push(url);
      return Promise.resolve(new Response(null, { status: 404 }));
    },
  });
  return {
    answer,
    asked: () => urls.length,
    origins:
      (): string[] => [...new Set(urls.map((url) => new URL(url).origin))],
    pass(seconds): void {
      milliseconds += seconds * 1000;
    },
  };
}

async function textOf(answer: Doctor): Promise<string> {
  const response = await answer(new Request("http://localhost:8787/doctor"));
  assertEquals(response?.status, 200);
  return await response!.text();
}
