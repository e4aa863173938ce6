/**
 * Listening where `localhost` is: on IPv4 and IPv6 alike, since each runtime chooses for itself.
 *
 * @module
 */
import type { Server } from "node:net";
import { eventually } from "../e2e/example.ts";

const ADDRESSES = ["127.0.0.1", "::1"];

/** One server for each of the machine's own addresses. Tries again while somebody else has the port. */
export async function listen<T extends Server>(
  port: number,
  create: () => T,
): Promise<readonly T[]> {
  const servers: T[] = [];
  for (const address of ADDRESSES) {
    await eventually(`port ${port} of ${address}`, async () => {
      const server = create();
      const code = await listenOn(server, port, address);
      if (code === undefined) servers.push(server);
      return code !== "EADDRINUSE" || undefined;
    });
  }
  // A machine without IPv6 is fine.
  if (servers.length === 0) throw new Error(`Cannot listen on port ${port}`);
  return servers;
}

/** The code of the error, if there is one. */
function listenOn(
  server: Server,
  port: number,
  address: string,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    server.once("error", (error: Error & { readonly code?: string }) => {
      resolve(error.code ?? error.message);
    });
    server.listen(port, address, () => resolve(undefined));
  });
}
