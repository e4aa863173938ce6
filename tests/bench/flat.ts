/**
 * Whether a request costs the same however much there is to remember and to choose from, and what a remembered token
 * holds. The last rows are figures of this runtime, where it tells them; they are in bytes.
 *
 * @module
 */
import process from "node:process";
import { tokenCache } from "../../src/tokens/token_cache.ts";
import {
  collector,
  expectStatus,
  measure,
  report,
  type Row,
  type Variant,
} from "./measure.ts";
import {
  answer,
  guard,
  ISSUER,
  METADATA,
  requestWith,
  RESOURCE,
  sign,
} from "./subject.ts";

const CACHE_BYTES = 8_388_608;
const FIGURE_ROUNDS = 15;

const token = await sign();
const claims = JSON.parse(atob(token.split(".")[1]!)) as object;

const rows = await measure([
  ...[10, 1_000, 100_000, 1_000_000].map(afterTokens),
  ...[1, 10, 100].map(withIssuers),
  ...[1, 10, 100, 1_000].map(withOperations),
]);
report([...rows, ...await bytesHeld(), ...await bytesAllocated()]);

/** A client's token, used again and again while so many others came and went. */
function afterTokens(count: number): Variant {
  const cache = tokenCache<object>(CACHE_BYTES);
  cache.set(token, claims);
  for (let i = 0; i < count; i++) {
    cache.set(tokenOf(i), claims);
    if (i % 100 === 0) cache.get(` ${token}`.slice(1));
  }
  return {
    name: `${count} tokens seen`,
    base: "10 tokens seen",
    run: () => {
      for (let i = 0; i < 1_000; i++) cache.get(` ${token}`.slice(1));
    },
    check(): void {
      if (cache.get(token) === undefined) throw new Error("Cannot find it");
    },
  };
}

function withIssuers(count: number): Variant {
  const others = Array.from(
    { length: count - 1 },
    (_, i) => `https://auth${i}.example.com`,
  );
  const authorization_servers = [...others, ISSUER];
  const guarded = guard({ metadata: { ...METADATA, authorization_servers } });
  return {
    name: `${count} issuers`,
    base: "1 issuers",
    run: () => guarded(requestWith(token)),
    check: () => expectStatus(200, guarded(requestWith(token))),
  };
}

function withOperations(count: number): Variant {
  const names = Array.from({ length: count }, (_, i) => `tool_${i}`);
  const guarded = guard({
    scopes: {
      operations: {
        "tools/call": Object.fromEntries(
          names.map((name) => [name, ["notes:read"]]),
        ),
      },
    },
  });
  const name = names.at(-1);
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name },
  });
  const call = (): Request => {
    const { headers } = requestWith(token);
    return new Request(RESOURCE, { method: "POST", headers, body });
  };
  return {
    name: `${count} operations`,
    base: "1 operations",
    run: () => guarded(call()),
    check: () => expectStatus(200, guarded(call())),
  };
}

/** As long as a token, and unlike all others in its last characters, as signatures are. */
function tokenOf(i: number): string {
  const end = `${i * 2_654_435_761}`.padStart(43, "x");
  return token.slice(0, -43) + end;
}

/** What a full cache holds for each token: its characters, its claims, and its place. */
async function bytesHeld(): Promise<Row[]> {
  const collect = await collector();
  if (collect === undefined) return [];
  const held: unknown[] = []; // to the end, so that nothing is let go in between
  const ratios = Array.from({ length: FIGURE_ROUNDS }, () => {
    const cache = tokenCache<object>(CACHE_BYTES);
    const text = JSON.stringify(claims);
    const before = collect();
    const count = 500; // fewer than it keeps of tokens that were seen once
    for (let i = 0; i < count; i++) {
      const one = tokenOf(i);
      // In one piece, as a field of a request is.
      cache.set(JSON.parse(`"${one}"`) as string, JSON.parse(text) as object);
    }
    held.push(cache);
    return (collect() - before) / count;
  });
  if (held.length !== ratios.length) throw new Error("Cannot be");
  return [{ name: "bytes held for a remembered token", ratios }];
}

/** What a request allocates beyond what it does without the guard. */
async function bytesAllocated(): Promise<Row[]> {
  const collect = await collector();
  if (collect === undefined || process.versions.bun !== undefined) return [];
  const guarded = guard();
  const allocated = async (run: () => unknown): Promise<number> => {
    const count = 500;
    for (let i = 0; i < count; i++) await run();
    const before = collect();
    for (let i = 0; i < count; i++) await run();
    return (process.memoryUsage().heapUsed - before) / count;
  };
  const ratios: number[] = [];
  for (let round = 0; round < FIGURE_ROUNDS; round++) {
    const bare = await allocated(() => (requestWith(token), answer()));
    ratios.push(await allocated(() => guarded(requestWith(token))) - bare);
  }
  return [{ name: "bytes allocated for a request", ratios }];
}
