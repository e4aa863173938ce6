/**
 * MCP client programs, as far as their behaviour is known from their sources, documentation or logs.
 *
 * @module
 */

import { FOUR_PLACES, SDKS, THREE_PLACES } from "./sdks.ts";
import type { Client } from "./client.ts";

/** A program about which little is known except that it speaks MCP. */
const CLOSED = {
  version: "",
  probe: "unknown",
  challenge: "unknown",
  resourceMetadata: "unknown",
  afterHeader: "unknown",
  resource: "unknown",
  withoutResourceMetadata: "unknown",
  serverMetadata: "unknown",
  resourceGoesOnAfter: "unknown",
  serverGoesOnAfter: "unknown",
  issuer: "unknown",
  pkce: "unknown",
} as const;

/** Their names in the table of clients. */
export type ProgramId =
  | "vscode"
  | "inspector"
  | "mcp-remote"
  | "goose"
  | "cursor"
  | "claude-ai"
  | "chatgpt"
  | "browser";

/** Programs by a short name. */
export const PROGRAMS: Readonly<Record<ProgramId, Client>> = {
  vscode: {
    name: "VS Code",
    version: "(main, August 2026)",
    probe: "POST",
    challenge: "Bearer, so spelled",
    resourceMetadata: ["header", "path", "root"],
    afterHeader: "looks nowhere else",
    resource: "normalized",
    withoutResourceMetadata: "origin",
    serverMetadata: THREE_PLACES,
    resourceGoesOnAfter: "everything",
    serverGoesOnAfter: "everything",
    serverFallback: "origin",
    issuer: "not compared",
    pkce: "unknown",
    registration: ["dynamic"],
    runs: "program",
    remark:
      "If the listed authorization server has no metadata, it looks at the MCP server's origin, and then guesses /authorize, /token and /register there.",
    sources: [
      "https://github.com/microsoft/vscode/blob/main/src/vs/base/common/oauth.ts",
      "https://github.com/microsoft/vscode/blob/main/src/vs/workbench/api/common/extHostMcp.ts",
    ],
  },
  inspector: {
    ...SDKS["typescript-2.4"],
    name: "MCP Inspector",
    version: "2.3",
    runs: "program",
    remark:
      "Made with the TypeScript SDK 2.0; its web page sends requests through its own Node.js program.",
    sources: [
      "https://github.com/modelcontextprotocol/inspector/blob/main/package.json",
      "https://github.com/modelcontextprotocol/inspector/blob/main/core/auth/discovery.ts",
    ],
  },
  "mcp-remote": {
    name: "mcp-remote",
    version: "0.15",
    probe: "GET",
    challenge: "any scheme",
    resourceMetadata: ["header", "path", "root"],
    afterHeader: "goes on",
    resource: "prefix",
    withoutResourceMetadata: "endpoint",
    serverMetadata: FOUR_PLACES,
    resourceGoesOnAfter: "everything",
    serverGoesOnAfter: "everything",
    issuer: "identical, slash may be missing",
    pkce: "S256 where listed",
    registration: ["client ID metadata document", "dynamic"],
    runs: "program",
    remark:
      "A GET that is answered with 200 ends its search: it takes the MCP server for its own authorization server. Its rules for resource, issuer and PKCE are those of the TypeScript SDK 2 in it.",
    sources: ["npm:mcp-remote@0.15.1/dist/chunk-KJCT2FXL.js"],
  },
  goose: {
    name: "Goose",
    version: "(rmcp 3.1)",
    probe: "GET",
    challenge: "any scheme",
    resourceMetadata: ["header", "path", "appended", "root"],
    afterHeader: "looks nowhere else",
    resource: "prefix",
    withoutResourceMetadata: "endpoint",
    serverMetadata: [
      "oauth inserted",
      "openid inserted",
      "openid appended",
      "oauth at the root",
    ],
    resourceGoesOnAfter: "all but 5xx",
    serverGoesOnAfter: "all but 5xx",
    issuer: "identical but for a root slash",
    pkce: "S256 where listed",
    registration: ["client ID metadata document", "dynamic"],
    runs: "program",
    remark:
      "It takes a resource_metadata URL only on the endpoint's own origin, and a GET of the endpoint that is answered with 200 for the metadata.",
    sources: [
      "https://github.com/block/goose/blob/main/crates/goose/src/oauth/mod.rs",
      "https://github.com/modelcontextprotocol/rust-sdk/blob/rmcp-v3.1.4/crates/rmcp/src/transport/auth.rs",
    ],
  },
  cursor: {
    ...CLOSED,
    name: "Cursor",
    probe: "POST",
    resourceMetadata: ["header", "path", "root"],
    serverMetadata: ["oauth inserted"],
    registration: ["dynamic"],
    runs: "program",
    remark:
      "Its source is not published; its log has the TypeScript SDK's messages, and servers' logs show the order of its requests. It registers cursor://anysphere.cursor-mcp/oauth/callback beside a loopback URI and one on www.cursor.com: a server that refuses one of them keeps it out. Without registration it takes a client identifier from its configuration.",
    sources: [
      "https://github.com/github/github-mcp-server/issues/1663",
      "https://github.com/freema/openclaw-mcp/issues/24",
      "https://github.com/gamedevpl/www.gamedev.pl/pull/483",
      "https://github.com/erp-mafia/accounted/pull/2225",
      "https://github.com/Altinity/altinity-mcp/issues/169",
    ],
  },
  "claude-ai": {
    ...CLOSED,
    name: "Claude (claude.ai, Claude Desktop)",
    probe: "POST",
    resourceMetadata: ["header", "path", "root"],
    withoutResourceMetadata: "origin",
    serverMetadata: ["oauth inserted"],
    registration: ["client ID metadata document", "dynamic"],
    documentNeeds: "none",
    runs: "server",
    remark:
      'Its connectors call from the internet, so it needs public https URLs. Servers\' logs show the order of its requests. It uses its metadata document only where token_endpoint_auth_methods_supported has "none".',
    sources: [
      "https://support.claude.com/en/articles/11503834-building-custom-connectors-via-remote-mcp-servers",
      "https://github.com/anthropics/claude-ai-mcp/issues/199",
      "https://github.com/anthropics/claude-ai-mcp/issues/680",
      "https://github.com/anthropics/claude-ai-mcp/issues/764",
      "https://github.com/brendanlong/lion-reader/pull/977",
      "https://github.com/home-assistant/core/issues/179326",
    ],
  },
  chatgpt: {
    ...CLOSED,
    name: "ChatGPT",
    probe: "POST",
    resourceMetadata: ["header", "path", "root"],
    serverMetadata: ["oauth inserted", "openid appended"],
    pkce: "S256 must be listed",
    registration: ["client ID metadata document", "dynamic"],
    runs: "server",
    remark:
      "It calls from the internet, so it needs public https URLs. Its documentation asks for the resource's metadata, for the authorization server's, and for PKCE to be advertised. Servers' logs show its requests, not always in one order.",
    sources: [
      "https://developers.openai.com/apps-sdk/build/auth",
      "https://developers.openai.com/plugins/build/auth",
      "https://github.com/homeassistant-ai/ha-mcp/pull/368",
      "https://github.com/kernel/kernel-mcp-server/pull/91",
      "https://github.com/Waishnav/devspace/issues/44",
    ],
  },
  browser: {
    ...CLOSED,
    name: "Clients in a browser's page",
    registration: "unknown",
    runs: "anywhere",
    remark:
      "Whatever they are built with, a browser lets them read only what the CORS protocol allows.",
    sources: ["https://fetch.spec.whatwg.org/#http-cors-protocol"],
  },
};
