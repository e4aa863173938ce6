/**
 * Registrations that outlive the server, so that a client which remembers its own can log in after a restart: the
 * `client_id` is the registration itself, in Base64. It is not signed. Whoever writes one gets what every client gets
 * that registers, and it is checked like a registration at each use.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type JsonObject, parseObject } from "../http/body.ts";
import type { Context, Untyped } from "./sign_in.ts";

const PREFIX = "dev.";
/** A longer one would leave too little of a URL to the rest of the authorization request. */
const MAX_ID_LENGTH = 2048;

/** What a client needs to log in. */
const MEMBERS: readonly string[] = [
  "client_name",
  "grant_types",
  "jwks",
  "jwks_uri",
  "redirect_uris",
  "response_types",
  "token_endpoint_auth_method",
  "token_endpoint_auth_signing_alg",
];

/** For oidc-provider: makes identifiers and secrets, and finds clients by their identifiers. */
export interface Registrations {
  /** The identifier of the client that registers. A large registration gets one that ends with the server. */
  idFactory(ctx: Context): string;
  /** Its secret. */
  secretFactory(ctx: Context): string;
  /** Storage in which clients are found by {@linkcode idFactory}'s identifiers. It keeps only hashes of secrets. */
  adapter(create: Untyped): Untyped;
}

/** Creates it. */
export function registrations(): Registrations {
  /** The identifier holds the hash of a secret that oidc-provider asks for later. */
  const secrets = new WeakMap<Context, string>();
  return {
    idFactory(ctx): string {
      const { body, provider } = ctx.oidc;
      const unique = randomBytes(12).toString("base64url");
      const registration: Record<string, unknown> = { unique };
      for (const member of MEMBERS) registration[member] = body[member];
      if (provider.Client.needsSecret(body)) {
        const secret = randomBytes(32).toString("base64url");
        secrets.set(ctx, secret);
        registration.client_secret = hashOf(secret);
      }
      const id = PREFIX +
        Buffer.from(JSON.stringify(registration)).toString("base64url");
      return id.length <= MAX_ID_LENGTH ? id : unique;
    },
    secretFactory: (ctx) => secrets.get(ctx)!,
    adapter: (create) => (model: string) => {
      const adapter = create(model);
      if (model !== "Client") return adapter;
      const find = adapter.find.bind(adapter);
      const upsert = adapter.upsert.bind(adapter);
      return Object.assign(adapter, {
        find: async (id: string) => registrationIn(id) ?? await find(id),
        async upsert(id: string, client: Untyped): Promise<void> {
          if (registrationIn(id) === undefined) {
            await upsert(id, withHashedSecret(client));
          }
        },
      });
    },
  };
}

/** A client's metadata with the hash of its secret in place of the secret. */
export function withHashedSecret<T extends { client_secret?: string }>(
  client: T,
): T {
  const { client_secret } = client;
  return client_secret === undefined
    ? client
    : { ...client, client_secret: hashOf(client_secret) };
}

/** Lets oidc-provider's clients compare a secret with its hash. */
export function compareHashes(Client: Untyped): void {
  Client.prototype.compareClientSecret = function (actual: string): boolean {
    const [one, other] = [this.clientSecret, hashOf(actual)].map((text) =>
      Buffer.from(text)
    );
    return one!.length === other!.length && timingSafeEqual(one!, other!);
  };
}

function registrationIn(id: string): JsonObject | undefined {
  if (!id.startsWith(PREFIX) || id.length > MAX_ID_LENGTH) return undefined;
  const text = Buffer.from(id.slice(PREFIX.length), "base64url").toString();
  const registration = parseObject(text);
  if (registration === undefined) return undefined;
  const known = Object.entries(registration).filter(([member]) =>
    member === "client_secret" || MEMBERS.includes(member)
  );
  return { ...Object.fromEntries(known), client_id: id };
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
