/**
 * The notes MCP server as an `McpAgent`: a Durable Object for each session, and one for each user's notes.
 *
 * @module
 */

import type { Caller } from "@gatehouse/mcp-auth/workers";
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/types"
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
// @ts-types="./agents.d.ts"
import { Agent, type AgentNamespace, getAgentByName } from "agents";
// @ts-types="./agents.d.ts"
import { McpAgent } from "agents/mcp";
import { z } from "zod";
import type { Variables } from "../workers/site.ts";

/** The bindings, which wrangler.jsonc sets. */
export interface Env extends Variables {
  readonly NOTES_AGENT: AgentNamespace<NotesAgent>;
  readonly NOTES: AgentNamespace<Notes>;
}

const MAX_NOTES = 1000;
const MAX_NOTE_LENGTH = 2000;

/** How often a call that watches looks for new notes: each time it asks another Durable Object. */
const LOOK_MILLISECONDS = 250;

/** One user's notes. */
export class Notes extends Agent<Env, readonly string[]> {
  override readonly initialState: readonly string[] = [];
  #watching = 0;

  /** The notes, oldest first. */
  list(): readonly string[] {
    return this.state;
  }

  /** Adds a note, and says how many there are. */
  add(note: string): number {
    this.setState([...this.state, note].slice(-MAX_NOTES));
    return this.state.length;
  }

  /** Deletes all notes, and says how many there were. */
  purge(): number {
    const { length } = this.state;
    this.setState([]);
    return length;
  }

  /** Counts one more call that watches, or one less, and says how many do. */
  watch(change: 1 | -1): number {
    return this.#watching += change;
  }
}

/** One caller's session. */
export class NotesAgent extends McpAgent<Env, unknown, Caller> {
  override server: McpServer = new McpServer({
    name: "notes",
    version: "0.1.0",
  });

  // deno-lint-ignore require-await -- the package wants a promise
  override async init(): Promise<void> {
    this.server.registerTool("whoami", {
      title: "Who am I?",
      description:
        "Says who is signed in, with which client and which scopes. Needs no scope.",
      annotations: { readOnlyHint: true, openWorldHint: false },
    }, () =>
      text(JSON.stringify({
        sub: this.props?.sub,
        client: this.props?.clientId,
        scopes: this.props?.scopes,
      })));

    this.server.registerTool("list_notes", {
      title: "List notes",
      description:
        "Lists the user's notes, oldest first, as a JSON array of strings. Needs notes:read.",
      annotations: { readOnlyHint: true, openWorldHint: false },
    }, async () => {
      const notes = await getAgentByName(this.env.NOTES, this.#user());
      return text(JSON.stringify(await notes.list()));
    });

    this.server.registerTool("add_note", {
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
    }, async ({ text: note }) => {
      const notes = await getAgentByName(this.env.NOTES, this.#user());
      return text(`Added. Notes kept: ${await notes.add(note)}.`);
    });

    this.server.registerTool("watch_notes", {
      title: "Watch notes",
      description:
        "Tells of each new note as it is added, as progress, for some seconds; then how many calls still watch. Needs notes:read.",
      inputSchema: { seconds: z.number().min(0).max(60).default(30) },
      annotations: { readOnlyHint: true, openWorldHint: false },
    }, async ({ seconds }, { signal, sendNotification, _meta }) => {
      const notes = await getAgentByName(this.env.NOTES, this.#user());
      const end = Date.now() + seconds * 1000;
      const first = (await notes.list()).length;
      let told = first - 1;
      await notes.watch(1);
      let left = 0;
      try {
        // A client that leaves does not end it: it may come back for what it missed.
        while (!signal.aborted && Date.now() < end) {
          const list = await notes.list();
          for (; told < list.length; told++) {
            const message = told < first ? "Watching" : `Added: ${list[told]}`;
            const progressToken = _meta?.progressToken;
            if (progressToken === undefined) continue;
            await sendNotification({
              method: "notifications/progress",
              params: { progressToken, progress: told - first + 1, message },
            });
          }
          await new Promise((resolve) =>
            setTimeout(resolve, LOOK_MILLISECONDS)
          );
        }
      } finally {
        left = await notes.watch(-1);
      }
      const added = Math.max(0, told - first);
      return text(`Notes added: ${added}. Still watching: ${left}.`);
    });

    this.server.registerTool("purge_notes", {
      title: "Purge notes",
      description:
        "Deletes all of the user's notes, for good. Needs notes:admin.",
      annotations: {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: true,
        openWorldHint: false,
      },
    }, async () => {
      const notes = await getAgentByName(this.env.NOTES, this.#user());
      return text(`Notes deleted: ${await notes.purge()}.`);
    });
  }

  /** By issuer and subject: a subject alone is somebody else at another issuer. */
  #user(): string {
    const { iss, sub } = this.props ?? {};
    // Without this, all tokens that name no user would share one list.
    if (typeof sub !== "string") throw new Error("The token names no user");
    return JSON.stringify([iss, sub]);
  }
}

function text(value: string): CallToolResult {
  return { content: [{ type: "text", text: value }] };
}
