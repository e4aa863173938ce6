/**
 * A store of Durable Objects, one for each key: what one isolate has marked as used, every other one finds used.
 *
 * @module
 */

import type { Store } from "@gatehouse/mcp-auth/bridge";

/** What is used of a Durable Object's namespace. */
export interface ObjectNamespace {
  idFromName(name: string): unknown;
  get(id: unknown): {
    fetch(request: Request): Promise<Response>;
  };
}

/** What is used of a Durable Object's state. */
interface ObjectState {
  readonly storage: {
    get(name: "entry"): Promise<Entry | undefined>;
    put(name: "entry", entry: Entry): Promise<void>;
    deleteAll(): Promise<void>;
    setAlarm(time: number): Promise<void>;
  };
}

interface Entry {
  readonly value: string;
  readonly until: number;
}

/**
 * One value. While it waits for its storage no other request is delivered, so reading and writing the value is one step
 * if nothing else is awaited between the two.
 */
export class StoredValue {
  readonly #storage: ObjectState["storage"];

  constructor({ storage }: ObjectState) {
    this.#storage = storage;
  }

  /** Answers a request of {@linkcode objectStore}. */
  async fetch(request: Request): Promise<Response> {
    const { value, ttl, ifAbsent } = request.method === "PUT"
      ? await request.json()
      : {};
    const known = await this.#storage.get("entry");
    const entry = known !== undefined && Date.now() < known.until
      ? known
      : undefined;
    switch (request.method) {
      case "GET":
        return Response.json(entry?.value ?? null);
      case "DELETE":
        await this.#storage.deleteAll();
        return Response.json(null);
    }
    if (ifAbsent && entry !== undefined) return Response.json(false);
    const until = Date.now() + ttl * 1000;
    await this.#storage.put("entry", { value, until });
    await this.#storage.setAlarm(until);
    return Response.json(true);
  }

  /** Removes a value when its time is over. */
  async alarm(): Promise<void> {
    const entry = await this.#storage.get("entry");
    if (entry !== undefined && Date.now() >= entry.until) {
      await this.#storage.deleteAll();
    }
  }
}

/** A store of the objects of a namespace. */
export function objectStore(namespace: ObjectNamespace): Store {
  async function ask<T>(key: string, init: RequestInit): Promise<T> {
    const object = namespace.get(namespace.idFromName(key));
    const response = await object.fetch(new Request("https://store", init));
    return await response.json();
  }

  return {
    get: async (key) => await ask<string | null>(key, {}) ?? undefined,
    set: (key, value, options) =>
      ask<boolean>(key, {
        method: "PUT",
        body: JSON.stringify({ value, ...options }),
      }),
    delete: (key) => ask<void>(key, { method: "DELETE" }),
  };
}
