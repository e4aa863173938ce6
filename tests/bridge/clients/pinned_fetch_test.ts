import { assert, assertEquals, assertRejects } from "@std/assert";
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { test } from "node:test";
import {
  type Fetched,
  type Https,
  pinnedFetch,
  runtimePinnedFetch,
} from "../../../src/bridge/clients/pinned_fetch.ts";
import { oauthBridge } from "../../../src/bridge/mod.ts";
import { authorizePath, send, world } from "../world.ts";
import { readBytes } from "../../../src/http/body.ts";

/** By http: the certificate of a name is checked by the runtime, and these names have none. */
const fetchPinned = pinnedFetch(http as unknown as Https);

/** Gets a path from a server on loopback, by a name that does not resolve. */
async function served<T>(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  use: (get: (signal?: AbortSignal) => Promise<Fetched>) => Promise<T>,
): Promise<T> {
  const server = http.createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://client.invalid:${port}/metadata.json`;
  try {
    return await use((signal = new AbortController().signal) =>
      fetchPinned(url, ["127.0.0.1"], {
        headers: { accept: "application/json" },
        signal,
      })
    );
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function textOf({ body }: Fetched, maxBytes = 100): Promise<string> {
  return new TextDecoder().decode(await readBytes(body, maxBytes));
}

test("a document is got from the addresses that were checked, whatever its name resolves to by then", () =>
  served(
    ({ headers, url }, response) =>
      response.end(
        `${headers.host?.replace(/\d+/, "PORT")} ${url} ${headers.accept}`,
      ),
    async (get) => {
      const fetched = await get();
      assertEquals(fetched.status, 200);
      assertEquals(
        await textOf(fetched),
        "client.invalid:PORT /metadata.json application/json",
      );
    },
  ));

test("redirects are not followed", () =>
  served(
    (_, response) =>
      response.writeHead(302, { location: "http://127.0.0.1/" }).end(),
    async (get) => assertEquals((await get()).status, 302),
  ));

test("a body that is too large, never ends, or breaks off is an error, and nothing goes on", async () => {
  await served(
    (_, response) => void response.writeHead(200).write("x".repeat(200_000)),
    async (get) => {
      const fetched = await get();
      await assertRejects(() => textOf(fetched), RangeError);
    },
  );
  await served(
    (_, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      setTimeout(() => response.destroy(), 20);
    },
    async (get) => {
      const fetched = await get();
      await assertRejects(() => textOf(fetched));
    },
  );
  await served(
    (_, response) => void response.writeHead(200).write("half"),
    async (get) => {
      const controller = new AbortController();
      const fetched = await get(controller.signal);
      const text = textOf(fetched);
      controller.abort(new Error("Time is over"));
      await assertRejects(() => text);
    },
  );
});

test("a request that is aborted before there is an answer, or that nobody answers, is an error", async () => {
  await served(() => {}, async (get) => {
    const controller = new AbortController();
    const fetched = get(controller.signal);
    setTimeout(() => controller.abort(new Error("Time is over")), 20);
    await assertRejects(() => fetched);
    await assertRejects(() => get(AbortSignal.abort(new Error("Gone"))));
  });
  await assertRejects(() =>
    fetchPinned("http://client.invalid:9/", ["127.0.0.1"], {
      headers: {},
      signal: new AbortController().signal,
    })
  );
});

test("a bridge gets documents from the addresses that it checked, and by a custom fetch if it has one", async () => {
  const asked: string[] = [];
  const { getBuiltinModule } = process;
  const https: Https = {
    request(url, { lookup }): ReturnType<Https["request"]> {
      lookup(
        url.hostname,
        { all: true },
        (_, found) => void asked.push(`${url} at ${JSON.stringify(found)}`),
      );
      const refused = new Error("refused");
      return {
        on: (_, listen) => listen(refused),
        destroy: () => {},
        end: () => {},
      };
    },
  };
  process.getBuiltinModule =
    ((name: string) =>
      name === "node:https" ? https : getBuiltinModule(name)) as never;
  try {
    const { options } = world({ platform: {} });
    const path = authorizePath({ client_id: "https://client.example/a.json" });
    await send(oauthBridge(options), path);
    const fetch = (url: string): Promise<Response> => {
      asked.push(`${url} by fetch`);
      return Promise.resolve(new Response(null, { status: 404 }));
    };
    await send(oauthBridge({ ...options, platform: { fetch } }), path);
    assertEquals(asked, [
      'https://client.example/a.json at [{"address":"93.184.216.34","family":4}]',
      "https://client.example/a.json by fetch",
    ]);
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
});

test("this runtime has it", () => assert(runtimePinnedFetch() !== undefined));
