/**
 * The function of `vercel` on this machine's Node.js, called as Vercel's Node.js runtime calls it: with a Request made of
 * `req.headers`, and nothing else. `supportsCancellation` is on: the Request's signal aborts when the client leaves.
 *
 * @module
 */

import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import process from "node:process";
import { Readable } from "node:stream";
import { exitOnError, readEnvironment } from "./environment.ts";

type Method = (request: Request) => Promise<Response>;

async function main(): Promise<void> {
  const { host, port } = readEnvironment(process.env);
  const methods: Readonly<Record<string, Method | undefined>> = await import(
    "./vercel/api/mcp.ts"
  );
  const server = createServer((req, res) => {
    answer(req, res, methods[req.method ?? "GET"]).catch((error) => {
      process.stderr.write(`${error}\n`);
      if (res.headersSent) res.destroy();
      else res.writeHead(500).end();
    });
  });
  server.listen(port, host);
  await once(server, "listening");
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  method: Method | undefined,
): Promise<void> {
  if (method === undefined) return void res.writeHead(405).end();
  const request = requestOf(req, res);
  if (request === undefined) return void res.writeHead(400).end();
  const { status, headers, body } = await method(request);
  res.writeHead(status, [...headers].flat());
  if (body === null || req.method === "HEAD") return void res.end();
  const reader = body.getReader();
  res.once("close", () => void reader.cancel().catch(() => {}));
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return void res.end();
    if (!res.write(value)) {
      await Promise.race([once(res, "drain"), once(res, "close")]);
    }
  }
}

/** Of two `Authorization` headers, `req.headers` has the first. */
function requestOf(
  req: IncomingMessage,
  res: ServerResponse,
): Request | undefined {
  const leaves = new AbortController();
  res.once("close", () => leaves.abort());
  const headers = Object.entries(req.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((text): [string, string] => [name, text])
  );
  const init = {
    method: req.method ?? "GET",
    headers,
    signal: leaves.signal,
    body: /^(?:GET|HEAD)$/.test(req.method ?? "GET")
      ? null
      : Readable.toWeb(req) as ReadableStream,
    duplex: "half",
  };
  try {
    return new Request(
      new URL(req.url ?? "/", `http://${req.headers.host}`),
      init,
    );
  } catch {
    return undefined;
  }
}

await main().catch(exitOnError);
