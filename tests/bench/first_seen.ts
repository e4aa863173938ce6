/**
 * What a token costs that was never seen before, beside jose with the same key: jose verifies only the signature.
 *
 * @module
 */
import { compactVerify, importJWK } from "jose";
import { jwtVerifier } from "../../mod.ts";
import { measure, report } from "./measure.ts";
import {
  ALG,
  forged,
  inTurn,
  ISSUER,
  jwk,
  platform,
  signMany,
} from "./subject.ts";

const tokens = await signMany(64);
const next = inTurn(tokens);
// Imported, as a verifier's keys are: to Deno a key that was generated is slower.
const key = await importJWK(jwk, ALG);
const verify = jwtVerifier({
  authorization_servers: [ISSUER],
  platform,
  tokenCacheBytes: null, // each use of a token is its first
});
const byJose = (token: string): Promise<unknown> =>
  compactVerify(token, key, { algorithms: [ALG] });

report(
  await measure([
    { name: "jose", run: () => byJose(next()), check: () => check(byJose) },
    {
      name: "Gatehouse",
      run: () => verify(next()),
      check: () => check(verify),
    },
  ]),
);

async function check(
  judge: (token: string) => Promise<unknown>,
): Promise<void> {
  await judge(next());
  const isRefused = await judge(forged(next())).then(() => false, () => true);
  if (!isRefused) throw new Error("Cannot compare: a forged token was taken");
}
