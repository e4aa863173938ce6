/**
 * What a proof costs beside a request with a bearer token, and what a million of them leave behind. The last rows are in
 * bytes.
 *
 * @module
 */
import { compactVerify } from "jose";
import { dpop } from "../../src/dpop/mod.ts";
import { proofMemory } from "../../src/dpop/replay.ts";
import type { Store } from "../../src/runtime/store.ts";
import { testKeyHolder } from "../../src/testing/mod.ts";
import {
  collector,
  expectStatus,
  measure,
  report,
  type Row,
} from "./measure.ts";
import {
  guard,
  inTurn,
  platform,
  publicKey,
  requestWith,
  RESOURCE,
  sign,
} from "./subject.ts";

/** A clock that stands still: the proofs that were signed before stay as fresh as they were. */
const time = Date.now();
const now = (): number => time;

/** Takes every proof for a new one, since those that were signed before come again and again. */
const anew: Store = {
  get: () => Promise.resolve(undefined),
  set: () => Promise.resolve(true),
  delete: () => Promise.resolve(),
};

const holder = await testKeyHolder({ now });
const bearer = await sign();
const token = await sign({ cnf: holder.cnf });
const request = { url: RESOURCE, method: "POST", token };
const proofs = await Promise.all(
  Array.from({ length: 256 }, () => holder.proof(request)),
);
const next = inTurn(proofs);
const others = inTurn(
  await Promise.all(Array.from({ length: 256 }, async () => {
    const other = await testKeyHolder({ now });
    const token = await sign({ cnf: other.cnf });
    return {
      token,
      proof: await other.proof({ ...request, token }),
    };
  })),
);

const options = { platform: { ...platform, now } };
const plain = guard(options);
const optional = guard({
  ...options,
  dpop: dpop({ mode: "optional", replay: anew }),
});
const withNonces = guard({
  ...options,
  dpop: dpop({ mode: "required", replay: anew, nonce: {} }),
});

function proven(proof: string, bound = token): Request {
  const { method, headers, body } = requestWith();
  const all = new Headers(headers);
  all.set("authorization", `DPoP ${` ${bound}`.slice(1)}`);
  all.set("dpop", ` ${proof}`.slice(1));
  return new Request(RESOURCE, {
    method,
    headers: all,
    body,
    duplex: "half",
  } as RequestInit);
}

const asked = await withNonces(proven(next()));
const nonce = asked.headers.get("dpop-nonce") ?? "";
const nextWithNonce = inTurn(
  await Promise.all(
    Array.from({ length: 256 }, () => holder.proof({ ...request, nonce })),
  ),
);

const rows = await measure([
  {
    name: "one verification by jose, and nothing else",
    run: () => compactVerify(bearer, publicKey),
  },
  {
    name: "guarded, a cached bearer token",
    run: () => plain(requestWith(bearer)),
    check: () => expectStatus(200, plain(requestWith(bearer))),
  },
  {
    name: "the same where DPoP is optional",
    run: () => optional(requestWith(bearer)),
    check: () => expectStatus(200, optional(requestWith(bearer))),
  },
  {
    name: "guarded, a cached bound token with a new proof",
    run: () => optional(proven(next())),
    async check(): Promise<void> {
      await expectStatus(200, optional(proven(next())));
      await expectStatus(401, optional(proven(`${next().slice(0, -4)}AAAA`)));
    },
  },
  {
    name: "the same with a nonce",
    run: () => withNonces(proven(nextWithNonce())),
    check: () => expectStatus(200, withNonces(proven(nextWithNonce()))),
  },
  {
    name: "the same of 256 clients in turn",
    run(): Response | Promise<Response> {
      const { token, proof } = others();
      return optional(proven(proof, token));
    },
    async check(): Promise<void> {
      const { token, proof } = others();
      await expectStatus(200, optional(proven(proof, token)));
    },
  },
]);
report([...rows, ...await bytesHeld()]);

/** The memory of used proofs after so many, by its own bound. */
async function bytesHeld(): Promise<Row[]> {
  const collect = await collector();
  if (collect === undefined) return [];
  const before = collect();
  const remember = proofMemory(RESOURCE, 60, now);
  const figures: Row[] = [];
  let used = 0;
  for (const count of [1_000, 100_000, 1_000_000]) {
    for (; used < count; used++) await remember("thumbprint", `${used}`);
    const name = `bytes held after ${count} proofs`;
    figures.push({ name, ratios: [collect() - before] });
  }
  // To the end, so that it is not let go before.
  await remember("thumbprint", "the last");
  return figures;
}
