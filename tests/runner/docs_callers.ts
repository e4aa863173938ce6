/**
 * How tools of a document's program are called, on a network that the test decides.
 *
 * @module
 */
import { parseChallenges } from "../../mod.ts";
import type { Answer } from "./docs_answers.ts";

type Members = Readonly<Record<string, unknown>>;

/** Calls a tool, and resolves to its text, or to the status and the challenge; without either, to the body. */
export type Caller = (
  call: { readonly name: string; readonly arguments?: Members },
  token?: string,
  resource?: string,
) => Promise<string>;

/** Calls the tools of a program. */
export function callerOf(answer: Answer): Caller {
  return async (
    params,
    token = "",
    resource = "https://notes.example.com/mcp",
  ) => {
    const headers = new Headers({
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
    });
    if (token !== "") headers.set("authorization", `Bearer ${token}`);
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { arguments: {}, ...params },
    });
    return await textOf(
      await answer(new Request(resource, { method: "POST", headers, body })),
    );
  };
}

async function textOf(response: Response): Promise<string> {
  const body = await response.text();
  const [challenge] = parseChallenges(
    response.headers.get("www-authenticate") ?? "",
  );
  if (challenge === undefined) {
    const [, text] = /"text":("(?:[^"\\]|\\.)*")/.exec(body) ?? [];
    return text === undefined ? body : JSON.parse(text);
  }
  const { error = "", scope, acr_values, max_age } = challenge.params;
  const named = Object.entries({ scope, acr_values, max_age })
    .map(([name, value]) => value === undefined ? "" : `${name}=${value}`);
  return [response.status, error, ...named].filter((word) => word !== "")
    .join(" ");
}

/**
 * Runs a program that takes the runtime's network and console, with others in their place, and resolves to what it
 * logged.
 */
export async function runOn(
  network: (url: string, init: RequestInit) => Promise<Response>,
  use: () => Promise<void>,
): Promise<readonly string[]> {
  const { fetch } = globalThis;
  const { log } = console;
  const lines: string[] = [];
  Object.assign(console, { log: (line: string) => void lines.push(line) });
  Object.assign(globalThis, {
    fetch: (url: string | URL, init: RequestInit = {}) =>
      network(`${url}`, init),
  });
  try {
    await use();
  } finally {
    Object.assign(globalThis, { fetch });
    Object.assign(console, { log });
  }
  return lines;
}
