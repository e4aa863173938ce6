/**
 * A protected resource in front of an issuer in memory, for the tests of the whole line.
 *
 * @module
 */

import type { Decision } from "../../src/decisions.ts";
import type { ProtectedResourceMetadata } from "../../src/discovery/resource_metadata.ts";
import type { ProtectedResourceOptions } from "../../src/options.ts";
import { protectResource } from "../../src/protect_resource.ts";
import type {
  AuthContext,
  Handler,
  ProtectedHandler,
} from "../../src/types.ts";
import { publishIssuer } from "../../src/testing/issuer.ts";
import {
  type TestIssuer,
  type TestKey,
  testKey,
  type TestNetwork,
  testNetwork,
} from "../../src/testing/mod.ts";

/** An issuer with a path: what it is called and where its metadata is are not the same. */
export const ISSUER = "http://localhost:9000/tenant1";
/** The resource for which it issues its tokens. */
export const RESOURCE = "http://localhost:8787/mcp";
/** Where the resource's own metadata is. */
export const METADATA_URL =
  "http://localhost:8787/.well-known/oauth-protected-resource/mcp";
/** What every resource here says of itself. */
export const METADATA: ProtectedResourceMetadata = {
  resource: RESOURCE,
  authorization_servers: [ISSUER],
};
/** The issuer's key. */
export const KEY: TestKey = await testKey("ES256");

/** A resource, what it is made of, and what became of the requests to it. */
export interface Protected {
  readonly network: TestNetwork;
  readonly issuer: TestIssuer;
  readonly handle: Handler;
  /** What `onDecision` was told. */
  readonly decisions: readonly Decision[];
  /** What the handler was called with. */
  readonly calls:
    readonly (readonly [request: Request, context: AuthContext])[];
}

/** Protects a handler that says `Hello`, or another one. */
export function protect(
  options: Partial<ProtectedResourceOptions> = {},
  handler: ProtectedHandler = () => new Response("Hello"),
): Protected {
  const network = testNetwork();
  const issuer = publishIssuer(network, {
    issuer: ISSUER,
    audience: RESOURCE,
    keys: [KEY],
  });
  const decisions: Decision[] = [];
  const calls: (readonly [Request, AuthContext])[] = [];
  const handle = protectResource(
    (request, context, platform) => {
      calls.push([request, context]);
      return handler(request, context, platform);
    },
    {
      metadata: METADATA,
      platform: network,
      onDecision: (decision) => void decisions.push(decision),
      ...options,
    },
  );
  return { network, issuer, handle, decisions, calls };
}

/** A POST to the resource, with a token and a JSON body where they are given. */
export function post(
  { token, body, headers, url = RESOURCE }: {
    readonly token?: string;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
    readonly url?: string;
  } = {},
): Request {
  return new Request(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** The JSON-RPC request that calls a tool. */
export function callOf(name: string): object {
  return { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name } };
}
