/**
 * What MCP clients send, and what they look for in an answer.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { Answer, Server } from "./expectation.ts";

/** What a client sends with every message. */
export const MESSAGE_FIELDS: Readonly<Record<string, string>> = {
  accept: "application/json, text/event-stream",
  "content-type": "application/json",
};

/** What goes with a message. */
export interface PostOptions {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the resource itself. */
  readonly target?: string;
}

/** A JSON-RPC request. */
export function message(method: string, params?: unknown): unknown {
  return { jsonrpc: "2.0", id: 1, method, params };
}

/** A call of a tool. */
export function toolCall(name: string, args: unknown = {}): unknown {
  return message("tools/call", { name, arguments: args });
}

/** What each message of MCP 2026-07-28 says of itself. */
const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "contract", version: "1.0.0" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** A JSON value as the text of the example's era: its messages, alone or in a batch, say what that era's do. */
export function write(server: Server, body: unknown): string {
  if (server.platform.era === "legacy") return JSON.stringify(body);
  return JSON.stringify(body, (key, value) => {
    if (key !== "" && !/^\d+$/.test(key)) return value;
    if (typeof value?.method !== "string") return value;
    const { params } = value;
    if (params !== undefined && typeof params !== "object") return value;
    return {
      ...value,
      params: { ...params, _meta: { ...META, ...params?._meta } },
    };
  });
}

/** The fields that go with a text: in the modern era, they repeat what it says. */
export function fieldsOf(
  server: Server,
  text: string,
): Readonly<Record<string, string>> {
  if (server.platform.era === "legacy") return MESSAGE_FIELDS;
  const { method, params } = parsed(text);
  const name = params?.name ?? params?.uri;
  return {
    ...MESSAGE_FIELDS,
    "mcp-protocol-version": "2026-07-28",
    ...(typeof method === "string" && { "mcp-method": method }),
    ...(typeof name === "string" && { "mcp-name": encode(name) }),
  };
}

interface ParsedMessage {
  readonly method?: unknown;
  readonly params?: Readonly<Record<string, unknown>> | null;
}

function parsed(text: string): ParsedMessage {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** A name as a field's value: what has a meaning there, or none, in base64. */
function encode(name: string): string {
  if (/^[!-~]+(?: +[!-~]+)*$/.test(name) && !name.startsWith("=?")) return name;
  return `=?base64?${
    btoa(String.fromCharCode(...new TextEncoder().encode(name)))
  }?=`;
}

/** Posts a value as JSON, or a text as it is. */
export function post(
  server: Server,
  body: unknown,
  { token, headers, target = server.resource }: PostOptions = {},
): Promise<Answer> {
  const text = typeof body === "string" ? body : write(server, body);
  return server.fetch(target, {
    method: "POST",
    headers: {
      ...fieldsOf(server, text),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: text,
  });
}

/** Calls a tool. */
export function callTool(
  server: Server,
  name: string,
  { args, ...options }: PostOptions & { readonly args?: unknown } = {},
): Promise<Answer> {
  return post(server, toolCall(name, args), options);
}

/** The JSON value of a body. */
export function json(answer: Answer): unknown {
  assertMatch(answer.headers.get("content-type") ?? "", /^application\/json/);
  return JSON.parse(answer.body);
}

/** The text that a tool answered with, whether as JSON or in a stream of events. */
export function toolText(answer: Answer): string {
  assertEquals(answer.status, 200, answer.body);
  const data = /^data: (.*)$/m.exec(answer.body)?.[1] ?? answer.body;
  const { result } = JSON.parse(data) as {
    result?: { content?: { text?: string }[]; isError?: boolean };
  };
  const text = result?.content?.[0]?.text;
  assert(text !== undefined && result?.isError !== true, answer.body);
  return text;
}

/** The notes of a token's user. */
export async function notesOf(
  server: Server,
  token: string,
): Promise<readonly string[]> {
  return JSON.parse(toolText(await callTool(server, "list_notes", { token })));
}

/** Tries to add a note, in some way that must not succeed, as a user who may read only. */
export async function assertAddsNothing(
  server: Server,
  attempt: (token: string) => Promise<void>,
): Promise<void> {
  const token = await server.token("notes:read");
  await attempt(token);
  assertEquals(await notesOf(server, token), []);
}

/** What a challenge must say. Without an error, no credentials were brought. */
export interface ExpectedChallenge {
  readonly status: 400 | 401 | 403;
  readonly error?: "invalid_request" | "invalid_token" | "insufficient_scope";
  /** Default: `notes:read`, with which a client starts. */
  readonly scope?: string;
}

/** `Bearer`, then quoted values without anything to escape: what the simplest of clients can read. */
const CHALLENGE =
  /^Bearer [a-z_]+="[ !#-[\]-~]+"(?:, [a-z_]+="[ !#-[\]-~]+")*$/;

/** Asserts that an answer is a refusal that a client can act on, to the word. */
export function assertChallenge(
  answer: Answer,
  server: Server,
  challenge: ExpectedChallenge,
): void {
  const [field, expectation] = challengeIn(answer, server, challenge);
  const { status, error, scope = "notes:read" } = expectation;
  assertEquals(answer.status, status, answer.body);
  assertMatch(field, CHALLENGE);
  const params = [...field.matchAll(/([a-z_]+)="([^"]*)"/g)].map((
    [, name, value],
  ): [string, string] => [name!, value!]);
  const metadata = `${server.origin}/.well-known/oauth-protected-resource/mcp`;
  const expected: [string, string][] = [
    ["scope", scope],
    ["resource_metadata", metadata],
  ];
  if (error !== undefined) expected.unshift(["error", error]);
  assertEquals(params.slice(0, expected.length), expected);
  // What is left is for people. Clients look for their parameters with patterns that are not anchored.
  const names = error === undefined ? [] : ["error_description"];
  const rest = params.slice(expected.length);
  assertEquals(rest.map(([name]) => name), names);
  for (const [, value] of rest) assertFalse(value.includes("="), value);
  const body = json(answer) as { error?: string };
  assertEquals(body.error, error);
  assertStringIncludes(answer.headers.get("cache-control") ?? "", "no-store");
}

/** A challenge, and what it must say: a gateway's own says of any bad token what it says of none. */
function challengeIn(
  { headers }: Answer,
  { platform }: Server,
  expected: ExpectedChallenge,
): [field: string, expected: ExpectedChallenge] {
  const field = headers.get("www-authenticate");
  if (platform.challenges === "program") return [field ?? "", expected];
  if (field !== null && expected.status !== 403) {
    return [field, { status: 401 }];
  }
  assertEquals(field, null);
  return [headers.get("x-amzn-remapped-www-authenticate") ?? "", expected];
}

/** Asserts that an answer does not send a client to log in. */
export function assertNoChallenge(answer: Answer, status: number): void {
  assertEquals(answer.status, status, answer.body);
  assertEquals(answer.headers.get("www-authenticate"), null);
  assertEquals(answer.headers.get("x-amzn-remapped-www-authenticate"), null);
}

/** Asserts that nothing of a token came back. */
export function assertKeepsSecret(answer: Answer, token: string): void {
  const whole = `${JSON.stringify([...answer.headers])}${answer.body}`;
  for (const part of token.split(".")) {
    assertFalse(part.length > 8 && whole.includes(part), whole);
  }
}
