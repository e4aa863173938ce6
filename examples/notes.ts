/**
 * The notes MCP server that every example protects: four tools on the SDK's web-standard transport, stateless.
 *
 * @module
 */

import type { ScopePolicy } from "@gatehouse/mcp-auth";
// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/server/auth/types"
import type { AuthInfo } from "@modelcontextprotocol/sdk/server/auth/types.js";
// @ts-types="@modelcontextprotocol/sdk/server/webStandardStreamableHttp"
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
// @ts-types="@modelcontextprotocol/sdk/types"
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";

/** A scope that is spelled otherwise does not compile. */
type NotesScope = "notes:read" | "notes:write" | "notes:admin";

/** Which scopes the tools need: the scope policy that an example hands to `protectResource`. */
export const NOTES_SCOPES: ScopePolicy<NotesScope> = {
  initial: ["notes:read"],
  operations: {
    "tools/call": {
      "*": ["notes:read"],
      whoami: [],
      add_note: ["notes:write"],
      purge_notes: ["notes:admin"],
    },
  },
  implies: {
    "notes:admin": ["notes:write"],
    "notes:write": ["notes:read"],
  },
};

const MAX_USERS = 1000;
const MAX_NOTES = 1000;
const MAX_NOTE_LENGTH = 2000;

/** By issuer and subject: a subject alone is somebody else at another issuer. Least recently written first. */
const notesByUser = new Map<string, readonly string[]>();

/** How many calls of a user's watch at this moment. */
const watching = new Map<string, number>();

/** What the caller was found to be. */
export interface NotesContext {
  readonly authInfo: AuthInfo;
  /** The body, where somebody has read it already. */
  readonly parsedBody?: unknown;
}

/**
 * Answers one MCP request, whose caller was verified. There are no sessions: each POST gets a server of its
 * own, which is gone with its answer (JSON, or a stream of events for `watch_notes`), and other methods get 405.
 */
export async function handleNotes(
  request: Request,
  { authInfo, parsedBody }: NotesContext,
): Promise<Response> {
  // The transport would open a stream for GET that never says anything.
  if (request.method !== "POST") {
    return new Response(null, { status: 405, headers: { allow: "POST" } });
  }
  const isWatch = asksToWatch(parsedBody);
  const transport = new WebStandardStreamableHTTPServerTransport({
    enableJsonResponse: !isWatch,
  });
  const server = notesServer();
  await server.connect(transport);
  const close = (): Promise<void> => server.close();
  try {
    const response = await transport.handleRequest(request, {
      authInfo,
      parsedBody,
    });
    if (!isWatch) return response;
    // Closing is what aborts the tool. Some runtimes tell of a client that left here, and some by the stream.
    request.signal.addEventListener("abort", close);
    return closing(response, close);
  } finally {
    if (!isWatch) await close();
  }
}

/** Whether a message asks for the one tool that answers in a stream of events. */
function asksToWatch(body: unknown): boolean {
  const { method, params } = Object(body);
  return method === "tools/call" && Object(params).name === "watch_notes";
}

/** The response, with something to do when its stream has ended or was cancelled. */
function closing(response: Response, close: () => Promise<void>): Response {
  const reader = response.body?.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const { done, value } = await reader?.read() ?? { done: true };
      if (!done) return controller.enqueue(value!);
      controller.close();
      await close();
    },
    cancel: close,
  });
  return new Response(body, response);
}

/** The tools; each learns from the SDK's `authInfo` who calls it. */
function notesServer(): McpServer {
  const server = new McpServer({ name: "notes", version: "0.1.0" });

  server.registerTool("whoami", {
    title: "Who am I?",
    description:
      "Says who is signed in, with which client and which scopes. Needs no scope.",
    annotations: { readOnlyHint: true, openWorldHint: false },
  }, ({ authInfo }) =>
    text(JSON.stringify({
      sub: authInfo?.extra?.sub,
      client: authInfo?.clientId,
      scopes: authInfo?.scopes,
    })));

  server.registerTool("list_notes", {
    title: "List notes",
    description:
      "Lists the user's notes, oldest first, as a JSON array of strings. Needs notes:read.",
    annotations: { readOnlyHint: true, openWorldHint: false },
  }, ({ authInfo }) => text(JSON.stringify(notesOf(authInfo))));

  server.registerTool("add_note", {
    title: "Add a note",
    description:
      `Adds a note to the user's list. Past ${MAX_NOTES} notes the oldest is dropped. Needs notes:write.`,
    inputSchema: {
      text: z.string().min(1).max(MAX_NOTE_LENGTH).describe("The note"),
    },
    annotations: {
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: false,
      openWorldHint: false,
    },
  }, ({ text: note }, { authInfo }) => {
    const notes = [...notesOf(authInfo), note].slice(-MAX_NOTES);
    keep(userOf(authInfo), notes);
    return text(`Added. Notes kept: ${notes.length}.`);
  });

  server.registerTool("watch_notes", {
    title: "Watch notes",
    description:
      "Tells of each new note as it is added, as progress, for some seconds; then how many calls still watch. Needs notes:read.",
    inputSchema: { seconds: z.number().min(0).max(60).default(30) },
    annotations: { readOnlyHint: true, openWorldHint: false },
  }, async ({ seconds }, { authInfo, signal, sendNotification, _meta }) => {
    const user = userOf(authInfo);
    const end = Date.now() + seconds * 1000;
    const first = notesOf(authInfo).length;
    let told = first - 1;
    watching.set(user, (watching.get(user) ?? 0) + 1);
    try {
      // Looking again, since no request may wake another one on Cloudflare Workers.
      while (!signal.aborted && Date.now() < end) {
        const notes = notesOf(authInfo);
        for (; told < notes.length; told++) {
          const message = told < first ? "Watching" : `Added: ${notes[told]}`;
          const progressToken = _meta?.progressToken;
          if (progressToken === undefined) continue;
          await sendNotification({
            method: "notifications/progress",
            params: { progressToken, progress: told - first + 1, message },
          });
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    } finally {
      const left = (watching.get(user) ?? 1) - 1;
      if (left > 0) watching.set(user, left);
      else watching.delete(user);
    }
    const added = Math.max(0, told - first);
    return text(
      `Notes added: ${added}. Still watching: ${watching.get(user) ?? 0}.`,
    );
  });

  server.registerTool("purge_notes", {
    title: "Purge notes",
    description:
      "Deletes all of the user's notes, for good. Needs notes:admin.",
    annotations: {
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: true,
      openWorldHint: false,
    },
  }, ({ authInfo }) => {
    const { length } = notesOf(authInfo);
    notesByUser.delete(userOf(authInfo));
    return text(`Notes deleted: ${length}.`);
  });

  return server;
}

function userOf(authInfo: AuthInfo | undefined): string {
  const { iss, sub } = authInfo?.extra ?? {};
  // Without this, all tokens that name no user would share one list.
  if (typeof sub !== "string") throw new Error("The token names no user");
  return JSON.stringify([iss, sub]);
}

function notesOf(authInfo: AuthInfo | undefined): readonly string[] {
  return notesByUser.get(userOf(authInfo)) ?? [];
}

function keep(user: string, notes: readonly string[]): void {
  notesByUser.delete(user);
  notesByUser.set(user, notes);
  const [oldest] = notesByUser.keys();
  if (notesByUser.size > MAX_USERS && oldest !== undefined) {
    notesByUser.delete(oldest);
  }
}

function text(value: string): CallToolResult {
  return { content: [{ type: "text", text: value }] };
}
