/**
 * The two forms of an answer: one document, and a stream of events that comes while the handler is at work.
 *
 * @module
 */
import { assertEquals, assertFalse, assertMatch } from "@std/assert";
import { eventually } from "../e2e/example.ts";
import type { Expectation, Server } from "./expectation.ts";
import {
  callTool,
  fieldsOf,
  message,
  toolCall,
  toolText,
  write,
} from "./messages.ts";

/** How long a tool watches that is left before its time. Longer than anything here may take. */
const LONG_SECONDS = 60;

export const streaming: readonly Expectation[] = [
  {
    name:
      "streaming: the first event arrives while the handler is at work, and the next when there is one",
    check: async (server): Promise<void> => {
      if (server.platform.responses === "buffered") {
        return await assertBuffered(server);
      }
      const { token, stream, leave } = await watch(server, LONG_SECONDS);
      await stream.until(/"message":"Watching"/);
      assertEquals(await watching(server, token), 1);
      const args = { text: "now" };
      toolText(await callTool(server, "add_note", { token, args }));
      await stream.until(/"message":"Added: now"/);
      assertEquals(await watching(server, token), 1);
      leave();
    },
  },
  {
    name: "streaming: a client that leaves is noticed by the handler",
    check: async (server): Promise<void> => {
      if (server.platform.responses === "buffered") {
        return await assertBuffered(server);
      }
      const { token, stream, leave } = await watch(server, LONG_SECONDS);
      await stream.until(/"message":"Watching"/);
      leave();
      if (server.platform.responses === "uninterrupted") {
        return assertEquals(await watching(server, token), 1);
      }
      // Some runtimes notice when they write the next time.
      toolText(
        await callTool(server, "add_note", { token, args: { text: "x" } }),
      );
      await eventually(
        "the end of the handler",
        async () => await watching(server, token) === 0 || undefined,
      );
    },
  },
  {
    name:
      "streaming: a stream of events ends with the tool's answer, and is the caller's own",
    check: async (server): Promise<void> => {
      const { response, stream } = await watch(server, 1);
      assertEquals(response.status, 200);
      const { headers } = response;
      assertMatch(headers.get("content-type") ?? "", /^text\/event-stream/);
      assertMatch(headers.get("cache-control") ?? "", /no-store|no-cache/);
      const origin = headers.get("access-control-allow-origin");
      assertEquals(origin, "http://localhost:6274");
      await stream.until(/Notes added: 0\./);
    },
  },
  {
    name:
      "streaming: a stream ends when its token does, and so does its handler",
    check: async (server): Promise<void> => {
      // Clocks may differ by 30 s, so this one has one or two seconds left.
      const exp = Math.floor(Date.now() / 1000) - 28;
      const sub = `user-${crypto.randomUUID()}`;
      const { stream } = await watch(server, LONG_SECONDS, { exp, sub });
      const text = await stream.rest();
      assertMatch(text, /"message":"Watching"/);
      assertFalse(text.includes("Notes added"), text);
      const later = await server.token("notes:read", { claims: { sub } });
      await eventually(
        "the end of the handler",
        async () => await watching(server, later) === 0 || undefined,
      );
    },
  },
  {
    name: "streaming: a tool's answer is one JSON document, marked as such",
    check: async (server): Promise<void> => {
      const token = await server.token("");
      const answer = await callTool(server, "whoami", { token });
      toolText(answer);
      assertMatch(
        answer.headers.get("content-type") ?? "",
        /^application\/json/,
      );
    },
  },
  {
    name: "streaming: a client that accepts no events is not sent to log in",
    check: async (server): Promise<void> => {
      const { status, headers } = await callTool(server, "whoami", {
        token: await server.token(""),
        headers: { accept: "text/html" },
      });
      // SDK v2 leaves it at what is sent (2026-07-28 asks it of clients).
      const expected = server.platform.era === "legacy" ? 406 : 200;
      assertEquals(
        [status, headers.get("www-authenticate")],
        [expected, null],
      );
    },
  },
  {
    name: "streaming: many answers at once are each their caller's own",
    check: async (server): Promise<void> => {
      const callers = Array.from({ length: 25 }, (_, i) => `caller-${i}`);
      const answers = await Promise.all(callers.map(async (sub) => {
        const token = await server.token("", { claims: { sub } });
        return toolText(await callTool(server, "whoami", { token }));
      }));
      assertEquals(answers.map((text) => JSON.parse(text).sub), callers);
    },
  },
  {
    name: "streaming: clients that leave in the middle harm nobody",
    check: async (server): Promise<void> => {
      const token = await server.token("");
      const body = write(server, toolCall("whoami"));
      const leaving = Array.from({ length: 10 }, async (_, i) => {
        const controller = new AbortController();
        const request = server.fetch(server.resource, {
          method: "POST",
          headers: {
            ...fieldsOf(server, body),
            authorization: `Bearer ${token}`,
          },
          body,
          signal: controller.signal,
        });
        setTimeout(() => controller.abort(), i);
        await request.catch(() => undefined);
      });
      await Promise.all(leaving);
      toolText(await callTool(server, "whoami", { token }));
    },
  },
];

interface Watch {
  readonly token: string;
  readonly response: Response;
  readonly stream: {
    /** Reads on until all that came matches. */
    until(pattern: RegExp): Promise<void>;
    /** Reads to the end, and resolves to all that came. */
    rest(): Promise<string>;
  };
  readonly leave: () => void;
}

/** Calls the tool that tells of notes as they are added. */
async function watch(
  server: Server,
  seconds: number,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<Watch> {
  const token = await server.token("notes:write", { claims });
  const controller = new AbortController();
  const body = write(
    server,
    message("tools/call", {
      name: "watch_notes",
      arguments: { seconds },
      _meta: { progressToken: 1 },
    }),
  );
  const response = await fetch(server.resource, {
    method: "POST",
    headers: {
      ...fieldsOf(server, body),
      authorization: `Bearer ${token}`,
      origin: "http://localhost:6274",
    },
    body,
    signal: controller.signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream())
    .getReader();
  let text = "";
  return {
    token,
    response,
    stream: {
      async until(pattern): Promise<void> {
        while (!pattern.test(text)) {
          const { done, value } = await reader.read();
          if (done) throw new Error(`The stream ended: ${text}`);
          text += value;
        }
      },
      async rest(): Promise<string> {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return text;
          text += value;
        }
      },
    },
    leave: () => {
      reader.closed.catch(() => {});
      controller.abort();
    },
  };
}

/** Where nothing is sent on before the end, all of it comes then, and no handler can learn who has left. */
async function assertBuffered(server: Server): Promise<void> {
  const { token, stream } = await watch(server, 1);
  await stream.until(/"message":"Watching"[^]*Notes added: 0\./);
  assertEquals(await watching(server, token), 0);
}

/** How many calls of the token's user watch, by one that ends at once. */
async function watching(server: Server, token: string): Promise<number> {
  const { body } = await callTool(server, "watch_notes", {
    token,
    args: { seconds: 0 },
  });
  return Number(/Still watching: (\d+)/.exec(body)?.[1]);
}
