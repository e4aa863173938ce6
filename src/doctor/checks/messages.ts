/**
 * The first requests that clients send to an MCP endpoint.
 *
 * @module
 */

import type { Question } from "../network/network.ts";
import { VERSION } from "../../runtime/version.ts";

const CLIENT_INFO = { name: "gatehouse-doctor", version: VERSION };
const CONTENT = {
  "content-type": "application/json",
  "accept": "application/json, text/event-stream",
};

/** The first request in MCP versions up to 2025-11-25. */
export function initialize(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Pick<Question, "method" | "url" | "headers" | "body"> {
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: CLIENT_INFO,
  };
  return post(url, "initialize", params, { ...CONTENT, ...headers });
}

/** The first request in MCP 2026-07-28. */
export function discover(
  url: string,
): Pick<Question, "method" | "url" | "headers" | "body"> {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": CLIENT_INFO,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  return post(url, "server/discover", { _meta }, {
    ...CONTENT,
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "server/discover",
  });
}

function post(
  url: string,
  method: string,
  params: object,
  headers: Readonly<Record<string, string>>,
): Pick<Question, "method" | "url" | "headers" | "body"> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  return { method: "POST", url, headers, body };
}
