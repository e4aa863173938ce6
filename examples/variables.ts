/**
 * Which variables the examples and the doctor read. A misspelt one would silently mean its default: with
 * `MCP_AUTHORIZATION_SERVER`, which lacks its last letter, a server would trust the development authorization server.
 *
 * @module
 */

/** Every variable whose name starts with `MCP_`. */
const KNOWN: readonly string[] = [
  "MCP_RESOURCE",
  "MCP_AUTHORIZATION_SERVERS",
  "MCP_SCOPES",
  "MCP_TOKEN",
  "MCP_TOKEN_WRONG_AUDIENCE",
  "MCP_TOKEN_EXPIRED",
  "MCP_DPOP",
  "MCP_DPOP_NONCE",
];

/** A variable that cannot be used. The message is one line that says what to change. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

/**
 * Refuses a variable that is set, starts with `MCP_`, and is not read by anything. The message leaves its value out: it
 * may be a token.
 *
 * @throws {EnvironmentError} At the first such variable. The message names the one that may be meant.
 */
export function checkVariables(env: object): void {
  const stranger = Object.entries(env).find(([name, value]) =>
    name.startsWith("MCP_") && value !== undefined && !KNOWN.includes(name)
  )?.[0];
  if (stranger === undefined) return;
  const meant = nearest(stranger);
  throw new EnvironmentError(
    `Cannot use ${JSON.stringify(stranger).slice(1, -1).slice(0, 80)}=…: ${
      meant === undefined
        ? `unset it, or use ${KNOWN.join(", ")}`
        : `did you mean ${meant}?`
    }`,
  );
}

/** The known name that differs least, if that is a quarter of it or less. */
function nearest(name: string): string | undefined {
  const [best] = KNOWN
    .map((known) => ({ known, edits: editsBetween(name, known) }))
    .filter(({ known, edits }) => edits <= known.length / 4)
    .sort((a, b) => a.edits - b.edits);
  return best?.known;
}

/** How many letters to insert, remove or replace to make one string of the other. */
function editsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > b.length) return Infinity;
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const row = [i + 1];
    for (const [j, other] of [...b].entries()) {
      row.push(
        Math.min(
          row[j]! + 1,
          above[j + 1]! + 1,
          above[j]! + Number(letter !== other),
        ),
      );
    }
    above = row;
  }
  return above[b.length]!;
}
