import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { copyRequest } from "../../src/http/request_copy.ts";
import { callOf, post, protect } from "../support/protected.ts";

/** A Request of another class, whose prototype says otherwise: as srvx makes them on Node. */
function foreign(request: Request, signal: AbortSignal): Request {
  const { url, method, headers, body } = request;
  const members = { url, method, headers, body, signal };
  return Object.defineProperties(
    Object.create(Request.prototype),
    Object.fromEntries(
      Object.entries({
        ...members,
        bodyUsed: false,
        text: () => request.text(),
      }).map(([name, value]) => [name, { value }]),
    ),
  );
}

test("protectResource() reads and copies a Request of another class", async () => {
  const { handle, issuer, calls } = protect({
    scopes: { operations: { "tools/call": { "*": [], purge: ["admin"] } } },
  }, async (request) => new Response(await request.text()));
  const { signal } = new AbortController();
  const send = async (tool: string): Promise<Response> =>
    await handle(foreign(
      post({ token: await issuer.token(), body: callOf(tool) }),
      signal,
    ));
  const good = await send("whoami");
  assertEquals([good.status, await good.json()], [200, callOf("whoami")]);
  assertEquals((await send("purge")).status, 403);
  const [request] = calls[0]!;
  assertEquals(request.method, "POST");
  assertEquals(request.headers.get("content-type"), "application/json");
});

test("copyRequest() aborts with the original, whatever its class", async () => {
  for (const isForeign of [true, false]) {
    const aborter = new AbortController();
    const made = new Request("http://localhost/mcp", {
      method: "POST",
      body: "a",
      signal: aborter.signal,
    });
    const original = isForeign ? foreign(made, aborter.signal) : made;
    const copy = copyRequest(original, "b");
    assertEquals(await copy.text(), "b");
    aborter.abort();
    assert(copy.signal.aborted);
  }
});
