// On Cloudflare Workers: what `workerd test` calls.
import { protectWorker } from "@gatehouse/mcp-auth/workers";
import { check } from "./consumer.js";

export default {
  async test() {
    if (typeof protectWorker !== "function") {
      throw new Error("No protectWorker");
    }
    await check();
  },
};
