/**
 * The tables of docs/doctor.md, as the doctor's data has them.
 *
 * @module
 */

import { CATALOGUE } from "../../src/doctor/findings/catalogue.ts";
import {
  CLIENT_IDS,
  CLIENTS,
  nameOf,
  namesOf,
} from "../../src/doctor/clients/clients.ts";

/** A row for each kind of finding: its code, its severity, its rule, and the clients that it breaks. */
export function findingRows(): string[][] {
  return Object.entries(CATALOGUE).map((
    [code, { severity, part, title, clause, clients }],
  ) => [
    `\`${code}\`: ${title}`,
    part ?? severity,
    `[${clause.text}](${clause.url})`,
    clients.length === CLIENT_IDS.length
      ? "every client"
      : namesOf(clients).join("; "),
  ]);
}

/** A row for each client: what it does between a URL and a sign-in. */
export function clientRows(): string[][] {
  return CLIENT_IDS.map((id) => {
    const client = CLIENTS[id];
    return [
      nameOf(id),
      client.probe,
      client.challenge,
      listOf(client.resourceMetadata, "looks for none"),
      client.resource,
      listOf(client.serverMetadata, "none"),
      client.issuer,
      client.pkce,
      listOf(client.registration, "none"),
    ];
  });
}

function listOf(values: readonly string[] | "unknown", none: string): string {
  return values === "unknown" ? values : values.join(", ") || none;
}
