/**
 * Coding agents that people run in a terminal. What they do was observed: tests/clients/agents runs them.
 *
 * @module
 */

import type { Client } from "./client.ts";
import { SDKS } from "./sdks.ts";

/** Their names in the table of clients. */
export type AgentId = "claude-code" | "codex" | "opencode";

/** Coding agents by a short name. */
export const AGENTS: Readonly<Record<AgentId, Client>> = {
  "claude-code": {
    ...SDKS["typescript-1.32"],
    name: "Claude Code",
    version: "2.1",
    resourceGoesOnAfter: "4xx and 502",
    serverGoesOnAfter: "4xx and 502",
    runs: "program",
    remark:
      "It has the TypeScript SDK's rules. `claude mcp login` does not call the MCP server: it knows a challenge only from an earlier connection. Without registration it takes a client identifier by --client-id.",
    sources: [
      "npm:@anthropic-ai/claude-code@2.1.332",
      "https://github.com/anthropics/claude-code/issues/52638",
    ],
  },
  codex: {
    name: "Codex",
    version: "0.171",
    probe: "GET",
    challenge: "any scheme",
    resourceMetadata: ["header", "path", "appended", "root"],
    afterHeader: "goes on",
    resource: "prefix",
    withoutResourceMetadata: "endpoint",
    serverMetadata: [
      "oauth inserted",
      "openid inserted",
      "openid appended",
      "oauth at the root",
    ],
    resourceGoesOnAfter: "all but 429 and 5xx",
    serverGoesOnAfter: "all but 429 and 5xx, and 503",
    issuer: "identical but for a root slash",
    pkce: "S256 where listed",
    registration: ["client ID metadata document", "dynamic"],
    runs: "program",
    remark:
      "Made with rmcp, as Goose is: it takes a resource_metadata URL only on the endpoint's own origin. Without registration it takes a client identifier by --oauth-client-id.",
    sources: [
      "npm:@openai/codex@0.171.0",
      "https://github.com/openai/codex/tree/main/codex-rs/rmcp-client",
    ],
  },
  opencode: {
    ...SDKS["typescript-1.32"],
    name: "opencode",
    version: "1.18",
    registration: ["dynamic"],
    runs: "program",
    remark:
      "It has the TypeScript SDK's rules. Without registration it takes a client identifier from its configuration.",
    sources: ["npm:opencode-linux-x64-baseline@1.18.33"],
  },
};
