/**
 * The SDKs on which clients are built, release by release.
 *
 * @module
 */

import type { Client } from "./client.ts";

const TYPESCRIPT_FILES = "npm:@modelcontextprotocol/sdk";
const PYTHON_FILES = "https://github.com/modelcontextprotocol/python-sdk/blob";

/** The URLs at which clients of MCP 2025-11-25 look for the authorization server's metadata, in order. */
export const THREE_PLACES = [
  "oauth inserted",
  "openid inserted",
  "openid appended",
] as const;

/** The same URLs, and that of MCP 2025-03-26. */
export const FOUR_PLACES = [
  "oauth inserted",
  "oauth at the root",
  "openid inserted",
  "openid appended",
] as const;

/** Their names in the table of clients. */
export type SdkId =
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
  | "go-1.7";

/** The defaults of all releases. */
type Base = Omit<Client, "version" | "sources">;

const TYPESCRIPT: Base = {
  name: "TypeScript SDK",
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
};

const PYTHON: Base = {
  name: "Python SDK",
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
};

/** The facts about releases that do not support protected resource metadata. */
const NO_RESOURCE_METADATA = {
  challenge: "not read",
  resourceMetadata: [],
  afterHeader: "goes on",
  resource: "not compared",
  serverMetadata: ["oauth at the root"],
  resourceGoesOnAfter: "404",
  serverGoesOnAfter: "404",
  registration: ["dynamic"],
} as const;

/** The facts about TypeScript releases that read only quoted parameters of a challenge. */
const QUOTED = {
  challenge: "quoted, Bearer first",
  withoutResourceMetadata: "endpoint",
  registration: ["dynamic"],
} as const;

/** SDKs by a short name and a release. */
export const SDKS: Readonly<Record<SdkId, Client>> = {
  "typescript-1.11": {
    ...TYPESCRIPT,
    ...NO_RESOURCE_METADATA,
    version: "1.11",
    pkce: "S256 must be listed",
    sources: [`${TYPESCRIPT_FILES}@1.11.5/dist/esm/client/auth.js`],
  },
  "typescript-1.13": {
    ...TYPESCRIPT,
    ...QUOTED,
    version: "1.13",
    resourceMetadata: ["header", "root"],
    serverMetadata: ["oauth inserted", "oauth at the root"],
    resourceGoesOnAfter: "404",
    serverGoesOnAfter: "404",
    pkce: "S256 must be listed",
    sources: [`${TYPESCRIPT_FILES}@1.13.3/dist/esm/client/auth.js`],
  },
  "typescript-1.15": {
    ...TYPESCRIPT,
    ...QUOTED,
    version: "1.15",
    serverMetadata: [
      "oauth with the endpoint's path",
      "oauth at the endpoint's root",
    ],
    resourceGoesOnAfter: "404",
    serverGoesOnAfter: "404",
    pkce: "S256 must be listed",
    remark:
      "It makes the metadata's URL of the authorization server's host and the MCP endpoint's path, and falls back to the MCP endpoint's host.",
    sources: [`${TYPESCRIPT_FILES}@1.15.1/dist/esm/client/auth.js`],
  },
  "typescript-1.20": {
    ...TYPESCRIPT,
    ...QUOTED,
    version: "1.20",
    serverMetadata: FOUR_PLACES,
    sources: [`${TYPESCRIPT_FILES}@1.20.2/dist/esm/client/auth.js`],
  },
  "typescript-1.32": {
    ...TYPESCRIPT,
    version: "1.32",
    remark: "It follows redirects only within an origin.",
    sources: [
      `${TYPESCRIPT_FILES}@1.32.2/dist/esm/client/auth.js`,
      `${TYPESCRIPT_FILES}@1.32.2/dist/esm/shared/transport.js`,
    ],
  },
  "typescript-2.4": {
    ...TYPESCRIPT,
    version: "2.4",
    resourceGoesOnAfter: "4xx and 502",
    serverGoesOnAfter: "4xx and 502",
    issuer: "identical, slash may be missing",
    sources: ["npm:@modelcontextprotocol/client@2.4.0/dist/index.mjs"],
  },
  "python-1.9": {
    ...PYTHON,
    ...NO_RESOURCE_METADATA,
    version: "1.9",
    sources: [`${PYTHON_FILES}/v1.9.4/src/mcp/client/auth.py`],
  },
  "python-1.10": {
    ...PYTHON,
    version: "1.10",
    challenge: "not read",
    resourceMetadata: ["root"],
    withoutResourceMetadata: "endpoint",
    serverMetadata: ["oauth inserted", "oauth at the root"],
    serverGoesOnAfter: "404",
    sources: [`${PYTHON_FILES}/v1.10.1/src/mcp/client/auth.py`],
  },
  "python-1.12": {
    ...PYTHON,
    version: "1.12",
    resourceMetadata: ["header", "root"],
    afterHeader: "looks nowhere else",
    withoutResourceMetadata: "endpoint",
    serverMetadata: FOUR_PLACES,
    sources: [`${PYTHON_FILES}/v1.12.4/src/mcp/client/auth.py`],
  },
  "python-1.19": {
    ...PYTHON,
    version: "1.19",
    resourceMetadata: ["header", "root"],
    afterHeader: "looks nowhere else",
    withoutResourceMetadata: "gives up",
    serverMetadata: FOUR_PLACES,
    sources: [`${PYTHON_FILES}/v1.19.0/src/mcp/client/auth.py`],
  },
  "python-1.22": {
    ...PYTHON,
    version: "1.22",
    sources: [
      `${PYTHON_FILES}/v1.22.0/src/mcp/client/auth/oauth2.py`,
      `${PYTHON_FILES}/v1.22.0/src/mcp/client/auth/utils.py`,
    ],
  },
  "python-2.0": {
    ...PYTHON,
    version: "2.0",
    resource: "prefix, slash or not",
    issuer: "identical but for a root slash",
    registration: ["client ID metadata document", "dynamic"],
    sources: [
      `${PYTHON_FILES}/main/src/mcp/client/auth/oauth2.py`,
      `${PYTHON_FILES}/main/src/mcp/client/auth/utils.py`,
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
};
