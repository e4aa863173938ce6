/**
 * What an attack is made of: the kinds of server, what they run, and the request.
 *
 * @module
 */
import type { ScopePolicy } from "../../mod.ts";

/**
 * Kinds of server: the SDK's v1 transport, its v2 handler, and one written by hand, which looks methods and tools up
 * in objects, and asks little of a message.
 */
export type ServerKind = "v1" | "v2" | "hand";

/** What a server under attack has. All of it counts how often it ran, by these names. */
export const HARMLESS = "harmless";
/** A tool, a prompt with an argument `a` that can be completed, and the resource {@linkcode SECRET}. */
export const GUARDED = "guarded";
/** Every kind. */
export const ALL: readonly ServerKind[] = ["v1", "v2", "hand"];
/** The kind that is written by hand, alone. */
export const HAND: readonly ServerKind[] = ["hand"];

/** One way to ask. */
export interface Attack {
  /** How it hides. */
  readonly name: string;
  /** Which servers run {@linkcode GUARDED} for it, where nothing guards them. */
  readonly runs: readonly ServerKind[];
  /** What has to keep {@linkcode GUARDED} from a token with the scope `read`. */
  readonly policy: ScopePolicy;
  /** The request, for a resource's URL and a token. */
  readonly request: (url: string, token: string) => Request;
}

/** An attack as a row of a table. */
export type Row = readonly [
  name: string,
  runs: readonly ServerKind[],
  body: unknown,
  headers?: Readonly<Record<string, string>>,
  policy?: ScopePolicy,
];

/** A request for a method. */
export function ask(method: string, params: unknown): Record<string, unknown> {
  return { jsonrpc: "2.0", id: 1, method, params };
}
/** A request for a resource. */
export function read(uri: string): Record<string, unknown> {
  return ask("resources/read", { uri });
}
