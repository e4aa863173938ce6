/**
 * A store in Redis or Valkey, by a client of your own.
 *
 * @module
 */

import type { Store } from "../../runtime/store.ts";

/**
 * Sends one command and resolves to its reply. With `redis`: `(command) => client.sendCommand(command)`; with `ioredis`:
 * `([name, ...rest]) => client.call(name, ...rest)`; with Bun's: `([name, ...rest]) => client.send(name, rest)`.
 */
export type RedisCommand = (
  command: [name: string, ...args: string[]],
) => Promise<unknown>;

/**
 * A store in Redis. Of several nodes, all have to be asked by way of the primary: a replica may not know yet what was
 * used or revoked. Keys begin with `prefix`; none is kept longer than 90 days.
 *
 * @example With the package `redis`
 * ```ts ignore
 * const client = await createClient({ url: process.env.REDIS_URL }).connect();
 * const store = redisStore((command) => client.sendCommand(command));
 * ```
 */
export function redisStore(
  send: RedisCommand,
  prefix: string = "bridge:",
): Store {
  return {
    async get(key): Promise<string | undefined> {
      const value = await send(["GET", prefix + key]);
      return value === null || value === undefined ? undefined : `${value}`;
    },
    async set(key, value, { ttl, ifAbsent = false }): Promise<boolean> {
      const condition = ifAbsent ? ["NX"] : [];
      const reply = await send([
        ...["SET", prefix + key, value, "EX", `${ttl}`],
        ...condition,
      ] as [string, ...string[]]);
      return `${reply}` === "OK";
    },
    async delete(key): Promise<void> {
      await send(["DEL", prefix + key]);
    },
  };
}
