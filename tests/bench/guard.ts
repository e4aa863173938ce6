/**
 * What a guard takes of a handler's throughput where its token was seen before, and what one signature check takes.
 *
 * @module
 */
import { compactVerify, createLocalJWKSet } from "jose";
import { expectStatus, measure, report } from "./measure.ts";
import {
  ALG,
  answer,
  forged,
  guard,
  jwk,
  publicKey,
  requestWith,
  sign,
} from "./subject.ts";

const token = await sign();
const bad = forged(token);
const guarded = guard();
const keys = createLocalJWKSet({ keys: [jwk] });

report(
  await measure([
    {
      name: "the handler alone",
      run: () => {
        requestWith(token);
        return answer();
      },
    },
    {
      name: "Gatehouse",
      run: () => guarded(requestWith(token)),
      async check(): Promise<void> {
        await expectStatus(200, guarded(requestWith(token)));
        await expectStatus(401, guarded(requestWith(bad)));
      },
    },
    {
      name: "one check by WebCrypto, and nothing else",
      run: () => checkSignature(requestWith(token)),
      async check(): Promise<void> {
        await expectStatus(200, checkSignature(requestWith(token)));
        await expectStatus(401, checkSignature(requestWith(bad)));
      },
    },
    {
      name: "one check by jose, and nothing else",
      run: () => checkByJose(requestWith(token)),
      async check(): Promise<void> {
        await expectStatus(200, checkByJose(requestWith(token)));
        await expectStatus(401, checkByJose(requestWith(bad)));
      },
    },
  ]),
);

async function checkSignature(request: Request): Promise<Response> {
  const token = request.headers.get("authorization")!.slice(7);
  const end = token.lastIndexOf(".");
  const isGood = await crypto.subtle.verify(
    { name: "ECDSA", hash: "SHA-256" },
    publicKey,
    Uint8Array.from(
      atob(token.slice(end + 1).replace(/-/g, "+").replace(/_/g, "/")),
      (char) => char.charCodeAt(0),
    ),
    new TextEncoder().encode(token.slice(0, end)),
  );
  return isGood ? answer() : new Response(null, { status: 401 });
}

async function checkByJose(request: Request): Promise<Response> {
  const token = request.headers.get("authorization")!.slice(7);
  try {
    await compactVerify(token, keys, { algorithms: [ALG] });
    return answer();
  } catch {
    return new Response(null, { status: 401 });
  }
}
