/**
 * The SDKs that clients are made with, release by release.
 *
 * @module
 */

import type { Client } from "./clients.ts";

const TYPESCRIPT = "npm:@modelcontextprotocol/sdk";
const PYTHON = "https://github.com/modelcontextprotocol/python-sdk/blob";

const INSERTED_ROOT_OPENID = [
  "oauth inserted",
  "oauth at the root",
  "openid inserted",
  "openid appended",
] as const;

const THREE_PLACES = [
  "oauth inserted",
  "openid inserted",
  "openid appended",
] as const;

/** A map that keeps its keys as literals. */
function table<Id extends string>(
  clients: Readonly<Record<Id, Client>>,
): Readonly<Record<Id, Client>> {
  return clients;
}

/** SDKs by a short name and a release. */
export const SDKS: Readonly<
  Record<
    | "typescript-1.11"
    | "typescript-1.13"
    | "typescript-1.15"
    | "typescript-1.20"
    | "typescript-1.32"
    | "typescript-2.4"
    | "python-1.9"
    | "python-1.10"
    | "python-1.12"
    | "python-1.19"
    | "python-1.22"
    | "python-2.0"
    | "go-1.7",
    Client
  >
> = table({
  "typescript-1.11": {
    name: "TypeScript SDK",
    version: "1.11",
    probe: "POST",
    challenge: "not read",
    resourceMetadata: [],
    afterHeader: "goes on",
    resource: "not compared",
    withoutResourceMetadata: "origin",
    serverMetadata: ["oauth at the root"],
    resourceGoesOnAfter: "404",
    serverGoesOnAfter: "404",
    issuer: "not compared",
    pkce: "S256 must be listed",
    registration: ["dynamic"],
    runs: "anywhere",
    sources: [`${TYPESCRIPT}@1.11.5/dist/esm/client/auth.js`],
  },
  "typescript-1.13": {
    name: "TypeScript SDK",
    version: "1.13",
    probe: "POST",
    challenge: "quoted, Bearer first",
    resourceMetadata: ["header", "root"],
    afterHeader: "looks nowhere else",
    resource: "prefix",
    withoutResourceMetadata: "endpoint",
    serverMetadata: ["oauth inserted", "oauth at the root"],
    resourceGoesOnAfter: "404",
    serverGoesOnAfter: "404",
    issuer: "not compared",
    pkce: "S256 must be listed",
    registration: ["dynamic"],
    runs: "anywhere",
    sources: [`${TYPESCRIPT}@1.13.3/dist/esm/client/auth.js`],
  },
  "typescript-1.15": {
    name: "TypeScript SDK",
    version: "1.15",
    probe: "POST",
    challenge: "quoted, Bearer first",
    resourceMetadata: ["header", "path", "root"],
    afterHeader: "looks nowhere else",
    resource: "prefix",
    withoutResourceMetadata: "endpoint",
    serverMetadata: [
      "oauth with the endpoint's path",
      "oauth at the endpoint's root",
    ],
    resourceGoesOnAfter: "404",
    serverGoesOnAfter: "404",
    issuer: "not compared",
    pkce: "S256 must be listed",
    registration: ["dynamic"],
    runs: "anywhere",
    remark:
      "It makes the metadata's URL of the authorization server's host and the MCP endpoint's path, and falls back to the MCP endpoint's host.",
    sources: [`${TYPESCRIPT}@1.15.1/dist/esm/client/auth.js`],
  },
  "typescript-1.20": {
    name: "TypeScript SDK",
    version: "1.20",
    probe: "POST",
    challenge: "quoted, Bearer first",
    resourceMetadata: ["header", "path", "root"],
    afterHeader: "looks nowhere else",
    resource: "prefix",
    withoutResourceMetadata: "endpoint",
    serverMetadata: INSERTED_ROOT_OPENID,
    resourceGoesOnAfter: "4xx",
    serverGoesOnAfter: "4xx",
    issuer: "not compared",
    pkce: "S256 where listed",
    registration: ["dynamic"],
    runs: "anywhere",
    sources: [`${TYPESCRIPT}@1.20.2/dist/esm/client/auth.js`],
  },
  "typescript-1.32": {
    name: "TypeScript SDK",
    version: "1.32",
    probe: "POST",
    challenge: "Bearer first",
    resourceMetadata: ["header", "path", "root"],
    afterHeader: "looks nowhere else",
    resource: "prefix",
    withoutResourceMetadata: "origin",
    serverMetadata: THREE_PLACES,
    resourceGoesOnAfter: "4xx",
    serverGoesOnAfter: "4xx",
    issuer: "not compared",
    pkce: "S256 where listed",
    registration: ["client ID metadata document", "dynamic"],
    runs: "anywhere",
    remark: "It follows redirects within an origin alone.",
    sources: [
      `${TYPESCRIPT}@1.32.2/dist/esm/client/auth.js`,
      `${TYPESCRIPT}@1.32.2/dist/esm/shared/transport.js`,
    ],
  },
  "typescript-2.4": {
    name: "TypeScript SDK",
    version: "2.4",
    probe: "POST",
    challenge: "Bearer first",
    resourceMetadata: ["header", "path", "root"],
    afterHeader: "looks nowhere else",
    resource: "prefix",
    withoutResourceMetadata: "origin",
    serverMetadata: THREE_PLACES,
    resourceGoesOnAfter: "4xx and 502",
    serverGoesOnAfter: "4xx and 502",
    issuer: "identical, slash may be missing",
    pkce: "S256 where listed",
    registration: ["client ID metadata document", "dynamic"],
    runs: "anywhere",
    sources: ["npm:@modelcontextprotocol/client@2.4.0/dist/index.mjs"],
  },
  "python-1.9": {
    name: "Python SDK",
    version: "1.9",
    probe: "POST",
    challenge: "not read",
    resourceMetadata: [],
    afterHeader: "goes on",
    resource: "not compared",
    withoutResourceMetadata: "origin",
    serverMetadata: ["oauth at the root"],
    resourceGoesOnAfter: "404",
    serverGoesOnAfter: "404",
    issuer: "not compared",
    pkce: "not looked at",
    registration: ["dynamic"],
    runs: "program",
    sources: [`${PYTHON}/v1.9.4/src/mcp/client/auth.py`],
  },
  "python-1.10": {
    name: "Python SDK",
    version: "1.10",
    probe: "POST",
    challenge: "not read",
    resourceMetadata: ["root"],
    afterHeader: "goes on",
    resource: "not compared",
    withoutResourceMetadata: "endpoint",
    serverMetadata: ["oauth inserted", "oauth at the root"],
    resourceGoesOnAfter: "everything",
    serverGoesOnAfter: "404",
    issuer: "not compared",
    pkce: "not looked at",
    registration: ["dynamic"],
    runs: "program",
    sources: [`${PYTHON}/v1.10.1/src/mcp/client/auth.py`],
  },
  "python-1.12": {
    name: "Python SDK",
    version: "1.12",
    probe: "POST",
    challenge: "any scheme",
    resourceMetadata: ["header", "root"],
    afterHeader: "looks nowhere else",
    resource: "not compared",
    withoutResourceMetadata: "endpoint",
    serverMetadata: INSERTED_ROOT_OPENID,
    resourceGoesOnAfter: "everything",
    serverGoesOnAfter: "4xx and unreadable",
    issuer: "not compared",
    pkce: "not looked at",
    registration: ["dynamic"],
    runs: "program",
    sources: [`${PYTHON}/v1.12.4/src/mcp/client/auth.py`],
  },
  "python-1.19": {
    name: "Python SDK",
    version: "1.19",
    probe: "POST",
    challenge: "any scheme",
    resourceMetadata: ["header", "root"],
    afterHeader: "looks nowhere else",
    resource: "not compared",
    withoutResourceMetadata: "endpoint",
    serverMetadata: INSERTED_ROOT_OPENID,
    resourceGoesOnAfter: "everything",
    serverGoesOnAfter: "4xx and unreadable",
    issuer: "not compared",
    pkce: "not looked at",
    registration: ["dynamic"],
    runs: "program",
    remark:
      "It gives up where the resource's metadata is not answered with 200.",
    sources: [`${PYTHON}/v1.19.0/src/mcp/client/auth.py`],
  },
  "python-1.22": {
    name: "Python SDK",
    version: "1.22",
    probe: "POST",
    challenge: "any scheme",
    resourceMetadata: ["header", "path", "root"],
    afterHeader: "goes on",
    resource: "not compared",
    withoutResourceMetadata: "origin",
    serverMetadata: THREE_PLACES,
    resourceGoesOnAfter: "everything",
    serverGoesOnAfter: "4xx and unreadable",
    issuer: "not compared",
    pkce: "not looked at",
    registration: ["dynamic"],
    runs: "program",
    sources: [
      `${PYTHON}/v1.22.0/src/mcp/client/auth/oauth2.py`,
      `${PYTHON}/v1.22.0/src/mcp/client/auth/utils.py`,
    ],
  },
  "python-2.0": {
    name: "Python SDK",
    version: "2.0",
    probe: "POST",
    challenge: "any scheme",
    resourceMetadata: ["header", "path", "root"],
    afterHeader: "goes on",
    resource: "prefix",
    withoutResourceMetadata: "origin",
    serverMetadata: THREE_PLACES,
    resourceGoesOnAfter: "everything",
    serverGoesOnAfter: "4xx and unreadable",
    issuer: "identical but for a root slash",
    pkce: "not looked at",
    registration: ["client ID metadata document", "dynamic"],
    runs: "program",
    sources: [
      `${PYTHON}/main/src/mcp/client/auth/oauth2.py`,
      `${PYTHON}/main/src/mcp/client/auth/utils.py`,
    ],
  },
  "go-1.7": {
    name: "Go SDK",
    version: "1.7",
    probe: "POST",
    challenge: "strict",
    resourceMetadata: ["header", "path", "root"],
    afterHeader: "goes on",
    resource: "identical",
    withoutResourceMetadata: "origin",
    serverMetadata: THREE_PLACES,
    resourceGoesOnAfter: "everything",
    serverGoesOnAfter: "4xx",
    issuer: "identical but for a root slash",
    pkce: "must be listed",
    registration: ["client ID metadata document", "dynamic"],
    runs: "program",
    sources: [
      "https://github.com/modelcontextprotocol/go-sdk/blob/main/auth/authorization_code.go",
      "https://github.com/modelcontextprotocol/go-sdk/blob/main/oauthex/auth_meta.go",
      "https://github.com/modelcontextprotocol/go-sdk/blob/main/oauthex/resource_meta.go",
    ],
  },
});
