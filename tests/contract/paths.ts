/**
 * Spellings of the resource's path. A router may read one as the resource that a guard does not, so every one of
 * them is either the resource, and guarded, or nothing.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type Expectation, isRefusal, type Server } from "./expectation.ts";
import {
  assertAddsNothing,
  assertChallenge,
  MESSAGE_FIELDS,
  toolCall,
} from "./messages.ts";
import { format, parse, send } from "./wire.ts";

/** Spellings that a URL's parser makes the resource's path, or that are below it. */
const RESOURCE: readonly string[] = [
  "/mcp",
  "/mcp?x=1",
  "/mcp/below",
];

/** Spellings that lead there by a way round, which some runtimes hand on as they were written, and others have taken out. */
const ROUNDABOUT: readonly string[] = [
  "/mcp/../mcp",
  "/./mcp",
  "/mcp/%2e%2e/mcp",
  "/%2e/mcp",
  "/mcp/.",
];

/** Spellings that are not the resource's path, and could be taken for it. */
const LOOKALIKES: readonly string[] = [
  "/mcp/", // another identifier, which the metadata does not match
  "/mcp/?x=1",
  "/%6dcp",
  "/mc%70",
  "/%256dcp",
  "//mcp",
  "///mcp",
  "/MCP",
  "/Mcp/",
  "/mcp%2f",
  "/mcp%2fbelow",
  "/%2fmcp",
  "/mcp%5c",
  "/mcp;x",
  "/mcp;x=1/below",
  "/mcp%00",
  "/mcp%20",
  "/mcp.json",
  "/x/..%2fmcp",
  "/.well-known/../mcp%2f",
  "/healthcheck/..%2fmcp",
  "\\mcp",
  "/\\mcp",
  "mcp",
  "*",
  "/mcp#x",
];

const BODY = JSON.stringify(toolCall("add_note", { text: "by another path" }));

export const paths: readonly Expectation[] = [
  ...RESOURCE.map((target): Expectation => ({
    name: `paths: ${target} is guarded`,
    check: (server): Promise<void> =>
      assertAddsNothing(server, async (token) => {
        const without = await ask(server, target);
        assertChallenge(without, server, { status: 401 });
        assertChallenge(await ask(server, target, token), server, {
          status: 403,
          error: "insufficient_scope",
          scope: "notes:write",
        });
      }),
  })),
  ...LOOKALIKES.map((target): Expectation => ({
    name: `paths: ${target} reaches nothing`,
    check: (server): Promise<void> =>
      assertAddsNothing(server, async (token) => {
        for (const bearer of [undefined, "bad", token]) {
          const text = await server.raw(requestOf(server, target, bearer));
          const answer = parse(text);
          // A platform may hang up on what is not a path.
          if (answer === undefined) assertEquals(text, "");
          else assert(isRefusal(answer.status, server.platform), text);
        }
      }),
  })),
  ...ROUNDABOUT.map((target) => guardedOrRefused(target, () => [target])),
  guardedOrRefused(
    "a URL in place of a path",
    ({ resource }) => [resource, "http://evil.example/mcp"],
  ),
];

function guardedOrRefused(
  what: string,
  targetsOf: (server: Server) => readonly string[],
): Expectation {
  return {
    name: `paths: ${what} is guarded, or refused`,
    check: (server): Promise<void> =>
      assertAddsNothing(server, async (token) => {
        for (const target of targetsOf(server)) {
          for (const bearer of [undefined, "bad", token]) {
            const { status } = await ask(server, target, bearer);
            assert(isRefusal(status, server.platform), `${target}: ${status}`);
          }
        }
      }),
  };
}

function requestOf(
  server: Server,
  target: string,
  token: string | undefined,
): string {
  const { fields, body } = request(token);
  const close = [...fields, ["Connection", "close"] as const];
  return format(server, { target, fields: close, body });
}

function ask(
  server: Server,
  target: string,
  token?: string,
): ReturnType<typeof send> {
  return send(server, { target, ...request(token) });
}

function request(token: string | undefined): {
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
} {
  const fields = Object.entries(MESSAGE_FIELDS);
  if (token !== undefined) fields.push(["Authorization", `Bearer ${token}`]);
  return { fields, body: BODY };
}
