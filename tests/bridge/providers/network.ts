/**
 * A provider's hosts in memory: what each URL answers, and what was sent to it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { connect } from "../../../src/bridge/providers/connection.ts";
import type {
  Connection,
  UnredeemedCode,
} from "../../../src/bridge/providers/upstream.ts";
import type { UpstreamProvider } from "../../../src/bridge/mod.ts";

export const CALLBACK = "https://notes.example/callback";
export const APPLICATION = { client_id: "app-1", client_secret: "s3cret/+ %" };

/** A request, read. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly form: Readonly<Record<string, string>>;
  readonly headers: Headers;
  readonly body: string;
}

/** What a URL answers. */
export type Routes = Readonly<
  Record<string, (sent: Sent) => Response | Promise<Response>>
>;

/** A provider that is connected to a network of its own. */
export function connected(
  provider: UpstreamProvider,
  routes: Routes,
): { readonly connection: Connection; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const platform = {
    now: () => Date.now(),
    async fetch(url: string, init: RequestInit): Promise<Response> {
      // A redirect could lead a secret anywhere.
      assertEquals(init.redirect, "manual");
      const method = init.method ?? "GET";
      const body = `${init.body ?? ""}`;
      const request: Sent = {
        method,
        url,
        body,
        headers: new Headers(init.headers),
        form: Object.fromEntries(new URLSearchParams(body)),
      };
      sent.push(request);
      const answer = routes[`${method} ${url}`];
      return await answer?.(request) ?? new Response(null, { status: 404 });
    },
  };
  return { connection: connect(provider, CALLBACK, platform), sent };
}

/** The parameters of an authorization URL, and where it leads. */
export async function authorizationOf(
  connection: Connection,
): Promise<
  { readonly to: string; readonly parameters: Readonly<Record<string, string>> }
> {
  const url = new URL(
    await connection.authorizationUrl({
      state: "s".repeat(32),
      verifier: "v".repeat(43),
      nonce: "n".repeat(43),
    }),
  );
  return {
    to: url.origin + url.pathname,
    parameters: Object.fromEntries(url.searchParams),
  };
}

export const CODE: UnredeemedCode = {
  code: "code-1",
  verifier: "v".repeat(43),
  nonce: "n".repeat(43),
};

/** The name of what a promise is rejected with, or `none`. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof Error ? error.constructor.name : "unknown";
  }
}
