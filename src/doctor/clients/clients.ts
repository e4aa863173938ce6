/**
 * What released clients do between a URL and their user's sign-in, according to their sources, to tests that run
 * them, or to documentation and logs. A fact that is not known is `unknown`, and never guessed.
 *
 * @module
 */

import { type AgentId, AGENTS } from "./agents.ts";
import type { Client } from "./client.ts";
import { type ProgramId, PROGRAMS } from "./programs.ts";
import { type SdkId, SDKS } from "./sdks.ts";
import { groupBy } from "../../runtime/group_by.ts";

/** The name of a client in {@linkcode CLIENTS}. */
export type ClientId = SdkId | ProgramId | AgentId;

/** The table of clients. */
export const CLIENTS: Readonly<Record<ClientId, Client>> = {
  ...SDKS,
  ...AGENTS,
  ...PROGRAMS,
};

/** All of the table's names. */
export const CLIENT_IDS: readonly ClientId[] = Object.keys(
  CLIENTS,
) as ClientId[];

/** The clients that have one of these values for a member, in the table's order. */
export function clientsWith<Member extends keyof Client>(
  member: Member,
  ...values: readonly Client[Member][]
): readonly ClientId[] {
  return CLIENT_IDS.filter((id) => values.includes(CLIENTS[id][member]));
}

/** Every release of the TypeScript SDK, and the programs that use it to look for metadata. */
export const TYPESCRIPT_IDS: readonly ClientId[] = [
  ...clientsWith("name", "TypeScript SDK"),
  "claude-code",
  "opencode",
  "inspector",
];

/** A client's name and version. */
export function nameOf(id: ClientId): string {
  const { name, version } = CLIENTS[id];
  return version === "" ? name : `${name} ${version}`;
}

/** Names with the releases behind them: `Go SDK 1.6, 1.7`. */
export function namesOf(ids: readonly ClientId[]): string[] {
  const groups = groupBy(ids, (id) => CLIENTS[id].name);
  return [...groups].map(([name, group]) =>
    `${name} ${group.map((id) => CLIENTS[id].version).join(", ")}`.trim()
  );
}
