/**
 * What the example prints.
 *
 * @module
 */
import { assert, assertFalse } from "@std/assert";
import type { Expectation } from "./expectation.ts";
import { callTool } from "./messages.ts";

export const logs: readonly Expectation[] = [
  {
    name: "logs: no token is printed, good or bad",
    check: async (server): Promise<void> => {
      const token = await server.token("", { header: { kid: "unknown" } });
      await callTool(server, "whoami", { token });
      const printed = await server.printed();
      assert(server.issuer.tokens.length > 0);
      for (const token of server.issuer.tokens) {
        const signature = token.split(".")[2]!;
        assertFalse(printed.includes(signature), printed);
      }
    },
  },
];
