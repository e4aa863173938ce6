/**
 * The notes tools, described once for servers of either SDK: what they are called, what they take, which scopes they
 * need and what they do.
 *
 * @module
 */

import type { AuthInfo } from "@gatehouse/mcp-auth";
import { z } from "zod";

const MAX_USERS = 1000;
const MAX_NOTES = 1000;
const MAX_NOTE_LENGTH = 2000;

/** By issuer and subject: a subject alone is somebody else at another issuer. Least recently written first. */
const notesByUser = new Map<string, readonly string[]>();

/** How many calls of a user's watch at this moment. */
const watching = new Map<string, number>();

/** How a tool is called, in no SDK's own words. */
export interface NotesCall {
  /** Who calls it. */
  readonly authInfo: AuthInfo | undefined;
  /** Aborted when the caller has left. */
  readonly signal: AbortSignal;
  /** Tells of progress, where the caller wants to know. */
  readonly tell:
    | ((progress: number, message: string) => Promise<void>)
    | undefined;
}

/** A tool, as it is registered. */
export interface NotesTool {
  /** By which it is called. */
  readonly name: string;
  /** What the SDKs' `registerTool` takes. */
  readonly config: {
    readonly title: string;
    readonly description: string;
    readonly inputSchema: z.ZodObject;
    readonly annotations: Readonly<Record<`${string}Hint`, boolean>>;
  };
  /** What it answers, as text. The arguments were checked. */
  run(
    args: Readonly<Record<string, unknown>>,
    call: NotesCall,
  ): string | Promise<string>;
}

const NOTHING = z.object({});

/** All there are. */
export const NOTES_TOOLS: readonly NotesTool[] = [
  {
    name: "whoami",
    config: {
      title: "Who am I?",
      description:
        "Says who is signed in, with which client and which scopes. Needs no scope.",
      inputSchema: NOTHING,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    run: (_, { authInfo }) =>
      JSON.stringify({
        sub: authInfo?.extra?.sub,
        client: authInfo?.clientId,
        scopes: authInfo?.scopes,
        // Behind a bridge: whether a token of the identity provider's can be had. JSON leaves out what is undefined.
        upstream: authInfo?.extra?.upstream,
      }),
  },
  {
    name: "list_notes",
    config: {
      title: "List notes",
      description:
        "Lists the user's notes, oldest first, as a JSON array of strings. Needs notes:read.",
      inputSchema: NOTHING,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    run: (_, { authInfo }) => JSON.stringify(notesOf(authInfo)),
  },
  {
    name: "add_note",
    config: {
      title: "Add a note",
      description:
        `Adds a note to the user's list. Past ${MAX_NOTES} notes the oldest is dropped. Needs notes:write.`,
      inputSchema: z.object({
        text: z.string().min(1).max(MAX_NOTE_LENGTH).describe("The note"),
      }),
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: false,
      },
    },
    run({ text }, { authInfo }): string {
      const notes = [...notesOf(authInfo), text as string].slice(-MAX_NOTES);
      keep(userOf(authInfo), notes);
      return `Added. Notes kept: ${notes.length}.`;
    },
  },
  {
    name: "watch_notes",
    config: {
      title: "Watch notes",
      description:
        "Tells of each new note as it is added, as progress, for some seconds; then how many calls still watch. Needs notes:read.",
      inputSchema: z.object({
        seconds: z.number().min(0).max(60).default(30),
      }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    run: ({ seconds }, call) => watch(seconds as number, call),
  },
  {
    name: "purge_notes",
    config: {
      title: "Purge notes",
      description:
        "Deletes all of the user's notes, for good. Needs notes:admin.",
      inputSchema: NOTHING,
      annotations: {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: true,
        openWorldHint: false,
      },
    },
    run(_, { authInfo }): string {
      const { length } = notesOf(authInfo);
      notesByUser.delete(userOf(authInfo));
      return `Notes deleted: ${length}.`;
    },
  },
];

async function watch(
  seconds: number,
  { authInfo, signal, tell }: NotesCall,
): Promise<string> {
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
        await tell?.(told - first + 1, message);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    const left = (watching.get(user) ?? 1) - 1;
    if (left > 0) watching.set(user, left);
    else watching.delete(user);
  }
  const added = Math.max(0, told - first);
  return `Notes added: ${added}. Still watching: ${watching.get(user) ?? 0}.`;
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
