/**
 * What bad tokens cost, beside a good one that was never seen before.
 *
 * @module
 */
import { accessTokenJudge } from "../../src/tokens/claims.ts";
import { AccessTokenError } from "../../src/errors.ts";
import { jwtVerifierWith } from "../../src/tokens/jwt_verifier.ts";
import { measure, report, type Variant } from "./measure.ts";
import {
  forged,
  inTurn,
  ISSUER,
  platform,
  RESOURCE,
  sign,
  signMany,
} from "./subject.ts";

const { check } = accessTokenJudge({
  resource: RESOURCE,
  issuers: [ISSUER],
  rules: {},
  clockToleranceSeconds: 30,
  now: Date.now,
});
const verify = jwtVerifierWith(
  { authorization_servers: [ISSUER], platform, tokenCacheBytes: null },
  check,
);
const good = inTurn(await signMany(64));

report(
  await measure([
    { name: "a good token, never seen before", run: () => verify(good()) },
    await refused("one that expired", "expired", { exp: 1_700_000_000 }),
    await refused("another issuer's", "untrusted_issuer", {
      iss: "https://elsewhere.example",
    }),
    await refused("another resource's", "wrong_audience", {
      aud: "https://elsewhere.example/mcp",
    }),
    variant("no token at all", "malformed_token", ["x".repeat(640)]),
    variant("a forged one", "bad_signature", [forged(await sign())]),
  ]),
);

async function refused(
  name: string,
  reason: string,
  claims: object,
): Promise<Variant> {
  return variant(name, reason, await signMany(64, claims));
}

function variant(
  name: string,
  expected: string,
  tokens: readonly string[],
): Variant {
  const next = inTurn(tokens);
  const reasonOf = async (token: string): Promise<string> => {
    try {
      await verify(token);
      return "none";
    } catch (error) {
      return error instanceof AccessTokenError ? error.reason : `${error}`;
    }
  };
  return {
    name,
    run: () => reasonOf(next()),
    async check(): Promise<void> {
      const reason = await reasonOf(next());
      if (reason !== expected) throw new Error(`Cannot compare: ${reason}`);
    },
  };
}
