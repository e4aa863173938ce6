/**
 * What the notes server makes of the two forms of an answer. It has no tool yet that takes its time, so nothing
 * is said here of events that come before the end, or of a client that leaves before it.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import type { Expectation } from "./expectation.ts";
import { callTool, MESSAGE_FIELDS, toolCall, toolText } from "./messages.ts";

export const streaming: readonly Expectation[] = [
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
    name: "streaming: a client that accepts no events is told so, not refused",
    check: async (server): Promise<void> => {
      const { status, headers } = await callTool(server, "whoami", {
        token: await server.token(""),
        headers: { accept: "text/html" },
      });
      assertEquals([status, headers.get("www-authenticate")], [406, null]);
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
      const body = JSON.stringify(toolCall("whoami"));
      const leaving = Array.from({ length: 10 }, async (_, i) => {
        const controller = new AbortController();
        const request = server.fetch(server.resource, {
          method: "POST",
          headers: { ...MESSAGE_FIELDS, authorization: `Bearer ${token}` },
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
