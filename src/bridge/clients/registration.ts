/**
 * Dynamic client registration ({@link https://www.rfc-editor.org/rfc/rfc7591 | RFC 7591}) without a database: the
 * `client_id` is the registration, sealed. Not implemented: software statements, and the management of registrations
 * (RFC 7592).
 *
 * @module
 */

import * as z from "zod/mini";
import { OAuthError } from "../oauth_error.ts";
import type { Sealer } from "../sealing/sealer.ts";
import {
  type Client,
  displayName,
  grantTypesOf,
  MAX_CLIENT_ID_LENGTH,
} from "./client.ts";
import type { RedirectRules } from "./redirect_uris.ts";

const MAX_REDIRECT_URIS = 10;

/** What is read of a registration request. Clients send more, and some of it in shapes of their own. */
const METADATA = z.object({
  redirect_uris: z.array(z.string()),
  client_name: z.catch(z.optional(z.string()), undefined),
  grant_types: z.optional(z.array(z.string())),
  response_types: z.optional(z.array(z.string())),
});

/** What is sealed into a `client_id`. */
const REGISTRATION = z.object({
  redirect_uris: z.array(z.string()),
  client_name: z.optional(z.string()),
  refreshes: z.boolean(),
});

/** What a client gets for its registration. It has no secret: it is a public client, whatever it asked for. */
export interface Registered {
  readonly client_id: string;
  readonly client_id_issued_at: number;
  readonly client_name?: string;
  readonly redirect_uris: readonly string[];
  readonly grant_types: readonly string[];
  readonly response_types: readonly ["code"];
  readonly token_endpoint_auth_method: "none";
}

/** Registers clients, and knows them again. */
export interface Registrations {
  /**
   * Registers a client with those of its redirect URIs that may be used.
   *
   * @throws {OAuthError} If no redirect URI may be used, or the registration is too large to be a `client_id`.
   */
  register(metadata: unknown): Promise<Registered>;
  /** The client of a `client_id` that was made here. */
  find(clientId: string): Promise<Client | undefined>;
}

/** Registrations that are sealed by `sealer`. */
export function registrations(
  { seal, open }: Sealer,
  redirects: RedirectRules,
  now: () => number,
): Registrations {
  return {
    async register(metadata): Promise<Registered> {
      const parsed = z.safeParse(METADATA, metadata).data;
      if (parsed === undefined) {
        throw new OAuthError(
          "invalid_client_metadata",
          "redirect_uris must be an array of strings",
        );
      }
      const redirect_uris = parsed.redirect_uris.filter((uri) =>
        redirects.read(uri) !== undefined
      );
      if (
        redirect_uris.length === 0 ||
        parsed.redirect_uris.length > MAX_REDIRECT_URIS
      ) {
        throw new OAuthError(
          "invalid_redirect_uri",
          `Give 1 to ${MAX_REDIRECT_URIS} redirect URIs: https, http on loopback, or the scheme of a known editor`,
        );
      }
      const grant_types = grantTypesOf(parsed.grant_types);
      if (
        !grant_types.includes("authorization_code") ||
        parsed.response_types?.includes("code") === false
      ) {
        throw new OAuthError(
          "invalid_client_metadata",
          "Only the authorization code grant is supported",
        );
      }
      const client_name = displayName(parsed.client_name);
      const name = client_name === undefined ? {} : { client_name };
      const client_id = await seal("client", {
        redirect_uris,
        ...name,
        refreshes: grant_types.includes("refresh_token"),
      });
      if (client_id.length > MAX_CLIENT_ID_LENGTH) {
        throw new OAuthError(
          "invalid_client_metadata",
          "The registration is too large: give fewer or shorter redirect URIs",
        );
      }
      return {
        client_id,
        client_id_issued_at: Math.floor(now() / 1000),
        ...name,
        redirect_uris,
        grant_types,
        response_types: ["code"],
        token_endpoint_auth_method: "none",
      };
    },
    async find(client_id): Promise<Client | undefined> {
      const known = await open("client", client_id, REGISTRATION);
      return known && {
        client_name: undefined,
        ...known,
        client_id,
        host: undefined,
      };
    },
  };
}
