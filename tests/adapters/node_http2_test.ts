import { assertEquals } from "@std/assert";
import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { toNodeListener } from "../../src/adapters/node.ts";
import type { Handler } from "../../src/types.ts";

/** A server of `node:http2` without TLS that answers with a handler, and a connection to it. */
async function withSession(
  handler: Handler,
  use: (session: ClientHttp2Session, host: string) => Promise<void>,
): Promise<void> {
  const server = createServer(toNodeListener(handler));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const session = connect(`http://${host}`);
  try {
    await use(session, host);
  } finally {
    await new Promise<void>((resolve) => session.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  }
}

interface Answer {
  readonly status: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

async function ask(
  session: ClientHttp2Session,
  fields: OutgoingHttpHeaders,
  body?: string,
): Promise<Answer> {
  const stream = session.request({ ":path": "/mcp", ...fields }, {
    endStream: body === undefined,
  });
  if (body !== undefined) stream.end(body);
  stream.setEncoding("utf8");
  let headers: Answer["headers"] = {};
  let text = "";
  stream.on("response", (fields) => headers = fields);
  stream.on("data", (piece: string) => text += piece);
  await once(stream, "end");
  return { status: headers[":status"], headers, body: text };
}

test("toNodeListener() answers over HTTP/2", async () => {
  await withSession(
    async (request) =>
      Response.json([
        request.method,
        request.url,
        request.headers.get("x-field"),
        await request.text(),
      ], { status: 201 }),
    async (session, host) => {
      const fields = { ":method": "POST", ":path": "/mcp?a=b", "x-field": "c" };
      const { status, body } = await ask(session, fields, "text");
      assertEquals(status, 201);
      assertEquals(JSON.parse(body), [
        "POST",
        `http://${host}/mcp?a=b`,
        "c",
        "text",
      ]);
    },
  );
});

const hosts: readonly [
  why: string,
  fields: OutgoingHttpHeaders,
  status: number,
][] = [
  ["in :authority", { ":authority": "a.example" }, 200],
  ["in both", { ":authority": "a.example", host: "A.example" }, 200],
  [
    "in Host, when :authority has another",
    { ":authority": "evil.example", host: "a.example" },
    400,
  ],
];

for (const [why, fields, status] of hosts) {
  test(`toNodeListener() takes no second host over HTTP/2: ${why}`, async () => {
    await withSession(() => new Response(), async (session) => {
      assertEquals((await ask(session, fields)).status, status);
    });
  });
}

test("toNodeListener() leaves out over HTTP/2 what it has not", async () => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", onWarning);
  try {
    const headers = { connection: "keep-alive", "x-field": "value" };
    await withSession(() => new Response("", { headers }), async (session) => {
      const answer = await ask(session, {});
      assertEquals(answer.headers["connection"], undefined);
      assertEquals(answer.headers["x-field"], "value");
    });
    // What warns does so by the next turn.
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(warnings, []);
  } finally {
    process.off("warning", onWarning);
  }
});
