// On Cloudflare Workers: what `workerd test` calls.
import { protectWorker } from "@gatehouse/mcp-auth/workers";
import { check } from "./consumer.js";
import * as subpaths from "./subpaths.js";

export default {
  async test() {
    if (typeof protectWorker !== "function") {
      throw new Error("No protectWorker");
    }
    for (const [name, exported] of Object.entries(subpaths)) {
      if (Object.keys(exported).length === 0) {
        throw new Error(`${name} exports nothing`);
      }
    }
    await check();
  },
};
