/**
 * The notes MCP server on Cloudflare Workers.
 *
 * @module
 */

import { protectWorker, type Worker } from "@gatehouse/mcp-auth/workers";
import { handleNotes } from "../notes.ts";
import { notesOptions, site, type Variables } from "./site.ts";

const mcp = protectWorker<Variables>({
  fetch: (request, _env, _ctx, context) => handleNotes(request, context),
}, notesOptions);

const worker: Worker<Variables> = {
  fetch: async (request, env, ctx) =>
    site(request, env) ?? await mcp.fetch(request, env, ctx),
};

export default worker;
