/**
 * Clients by their `client_id`, however they came to have it.
 *
 * @module
 */

import { sha256 } from "../sealing/hash.ts";
import { type Client, MAX_CLIENT_ID_LENGTH } from "./client.ts";
import type { ClientDocuments } from "./documents.ts";
import type { Registrations } from "./registration.ts";

/** The clients of a bridge. */
export interface Clients {
  /** The client, as it is now: a metadata document is fetched. `undefined` if there is none. */
  find(clientId: string): Promise<Client | undefined>;
  /**
   * The hash that identifies a client in sealed values; `undefined` if the `client_id` is not valid. Fetches nothing: a document
   * that is unreachable or has changed takes nothing away from those who use it already.
   */
  identify(clientId: string): Promise<string | undefined>;
}

/** Both kinds of clients; `documents` is `undefined` where only registered ones are accepted. */
export function clients(
  registrations: Registrations,
  documents: ClientDocuments | undefined,
): Clients {
  async function find(clientId: string): Promise<Client | undefined> {
    if (clientId.length > MAX_CLIENT_ID_LENGTH) return undefined;
    return await registrations.find(clientId) ??
      await documents?.find(clientId);
  }

  return {
    find,
    async identify(clientId): Promise<string | undefined> {
      if (clientId.length > MAX_CLIENT_ID_LENGTH) return undefined;
      const isKnown = documents?.isDocument(clientId) ||
        await registrations.find(clientId) !== undefined;
      return isKnown ? await sha256(clientId) : undefined;
    },
  };
}
