/**
 * `node:http` for a program that listens: on a port that is free, until its test is over.
 *
 * @module
 */
import {
  createServer as create,
  type RequestListener,
  type Server,
} from "node:http";

/** Those that were made, in order. */
export const servers: Server[] = [];

/** Makes a server that leaves the port it is told alone. */
export function createServer(
  listener: RequestListener,
): { listen(port: number): void } {
  const server = create(listener);
  servers.push(server);
  return { listen: () => void server.listen(0, "localhost") };
}
