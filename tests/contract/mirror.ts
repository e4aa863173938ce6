/**
 * The authorization server's metadata, for clients that look for it on the MCP server.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { assertSame, SERVER_DOCUMENTS } from "./discovery.ts";
import type { Expectation } from "./expectation.ts";
import { json } from "./messages.ts";

export const mirror: readonly Expectation[] = [
  {
    name:
      "mirror: it has the true issuer, and every member that the issuer has",
    check: async (server): Promise<void> => {
      for (const path of SERVER_DOCUMENTS) {
        const document = json(await server.fetch(path));
        assertEquals(document, server.issuer.metadata, path);
      }
    },
  },
  {
    name: "mirror: it is the same byte for byte at all its URLs",
    check: (server): Promise<void> => assertSame(server, SERVER_DOCUMENTS),
  },
  {
    name: "mirror: the issuer is asked once or twice, however many ask here",
    check: async (server): Promise<void> => {
      const asked = Array.from({ length: 10 }, () => SERVER_DOCUMENTS).flat();
      await Promise.all(asked.map((path) => server.fetch(path)));
      const requests = server.issuer.requests("/.well-known/");
      assert(requests >= 1 && requests <= 2, `${requests} requests`);
    },
  },
  {
    name: "mirror: the issuer is asked for JSON or anything, by a User-Agent",
    check: async (server): Promise<void> => {
      await server.fetch(SERVER_DOCUMENTS[0]!);
      // Firewalls reject requests without one, and workerd adds none by itself.
      assertEquals(server.issuer.received("user-agent"), [
        "gatehouse-mcp-auth",
      ]);
      assertEquals(server.issuer.received("accept"), [
        "application/json, */*;q=0.1",
      ]);
    },
  },
];
