/**
 * Client ID metadata documents: a client whose `client_id` is the URL of its own description
 * ({@link https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/ | draft}). Not implemented:
 * clients with a key of their own (`private_key_jwt`), and logos.
 *
 * @module
 */

import * as z from "zod/mini";
import { parseObject, readBytes } from "../../http/body.ts";
import {
  isLoopback,
  isLoopbackIdentifier,
  parseUrl,
} from "../../runtime/identifiers.ts";
import { USER_AGENT } from "../../issuers/fetch_json.ts";
import type { ResolvedRuntime } from "../../runtime/platform.ts";
import { withTimeout } from "../../runtime/timeout.ts";
import { checkPublicHost, isAddress, type Resolve } from "./addresses.ts";
import { type Client, displayName, grantTypesOf } from "./client.ts";
import type { PinnedFetch } from "./pinned_fetch.ts";
import type { RedirectRules } from "./redirect_uris.ts";

/** How long a document may take, its body included. */
export const DOCUMENT_TIMEOUT_SECONDS = 5;
/** How large a document may be. */
export const MAX_DOCUMENT_BYTES = 10_240;
const MAX_CACHED = 256;
const CACHE_SECONDS = 300;
/** How many documents are fetched at once, so that made-up URLs do not turn this server against others. */
const MAX_FETCHES = 16;
const MAX_REDIRECT_URIS = 10;

const HEADERS = {
  accept: "application/json, */*;q=0.1",
  "user-agent": USER_AGENT,
};

const DOCUMENT = z.object({
  client_id: z.string(),
  client_name: z.catch(z.optional(z.string()), undefined),
  redirect_uris: z.array(z.string()),
  grant_types: z.optional(z.array(z.string())),
  token_endpoint_auth_method: z.optional(z.literal("none")),
});

/** Clients by the URLs of their documents. */
export interface ClientDocuments {
  /** Whether a `client_id` is the URL of a document that may be fetched. Fetches nothing. */
  isDocument(clientId: string): boolean;
  /** The client of a document; `undefined` for whatever reason it cannot be used. */
  find(clientId: string): Promise<Client | undefined>;
}

/** What {@linkcode clientDocuments} needs. */
export interface DocumentSettings {
  readonly issuer: string;
  readonly redirects: RedirectRules;
  readonly platform: ResolvedRuntime;
  readonly resolve: Resolve | undefined;
  /** Gets a document from the addresses that `resolve` found. Default: the platform's `fetch`, which resolves again. */
  readonly pinned: PinnedFetch | undefined;
  /** Whether documents may be on this machine too, by http and on any port. For a loopback issuer alone. */
  readonly onLoopback: boolean;
}

/**
 * Clients by their documents.
 *
 * @throws {TypeError} If documents shall be on loopback, and the issuer is not http on loopback.
 */
export function clientDocuments(settings: DocumentSettings): ClientDocuments {
  const { issuer, redirects, platform, resolve, pinned, onLoopback } = settings;
  if (
    onLoopback &&
    !(issuer.startsWith("http:") && isLoopbackIdentifier(issuer))
  ) {
    throw new TypeError(
      `Cannot use clientDocuments "loopback": the issuer ${issuer} is not http on loopback`,
    );
  }
  const cache = new Map<
    string,
    { readonly client: Client; readonly until: number }
  >();
  let fetches = 0;

  function urlOf(clientId: string): URL | undefined {
    const url = parseUrl(clientId);
    if (
      url === undefined || url.href !== clientId || url.hash !== "" ||
      clientId.includes("#") || url.username + url.password !== "" ||
      url.pathname === "/" || /%2e|%2f|%5c/i.test(url.pathname)
    ) return undefined;
    if (
      onLoopback && /^https?:$/.test(url.protocol) && isLoopback(url.hostname)
    ) return url;
    return url.protocol === "https:" && url.port === "" &&
        !isAddress(url.hostname) && !isLoopback(url.hostname)
      ? url
      : undefined;
  }

  async function read(url: URL): Promise<Client> {
    const addresses = isLoopback(url.hostname)
      ? undefined
      : await checkPublicHost(url.hostname, resolve);
    const text = await withTimeout(DOCUMENT_TIMEOUT_SECONDS, async (signal) => {
      const init = { headers: HEADERS, redirect: "manual", signal } as const;
      const { status, body } = pinned !== undefined && addresses !== undefined
        ? await pinned(url.href, addresses, init)
        : await platform.fetch(url.href, init);
      if (status !== 200) {
        await body?.cancel();
        throw new Error(`It answers ${status}`);
      }
      const bytes = await readBytes(body, MAX_DOCUMENT_BYTES);
      return new TextDecoder().decode(bytes);
    });
    const document = z.parse(DOCUMENT, parseObject(text));
    if (document.client_id !== url.href) {
      throw new Error("It describes another client");
    }
    const redirect_uris = document.redirect_uris
      .slice(0, MAX_REDIRECT_URIS)
      .filter((uri) => redirects.read(uri) !== undefined);
    const grants = grantTypesOf(document.grant_types);
    if (redirect_uris.length === 0 || !grants.includes("authorization_code")) {
      throw new Error("It has no redirect URI that may be used");
    }
    return {
      client_id: url.href,
      client_name: displayName(document.client_name),
      redirect_uris,
      refreshes: grants.includes("refresh_token"),
      host: url.host,
    };
  }

  return {
    isDocument: (clientId) => urlOf(clientId) !== undefined,
    async find(clientId): Promise<Client | undefined> {
      const url = urlOf(clientId);
      if (url === undefined) return undefined;
      const known = cache.get(clientId);
      if (known !== undefined && platform.now() < known.until) {
        return known.client;
      }
      if (fetches >= MAX_FETCHES) return undefined;
      fetches++;
      try {
        const client = await withTimeout(
          DOCUMENT_TIMEOUT_SECONDS,
          () => read(url),
        );
        cache.delete(clientId);
        cache.set(clientId, {
          client,
          until: platform.now() + CACHE_SECONDS * 1000,
        });
        if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value!);
        return client;
      } catch {
        // One answer for whatever failed: the reason would tell what is in this server's network.
        return undefined;
      } finally {
        fetches--;
      }
    },
  };
}
