import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { test } from "node:test";
import { accessTokenJudge } from "../../src/tokens/claims.ts";
import { AccessTokenError } from "../../src/errors.ts";
import { jwtVerifier } from "../../src/tokens/jwt_verifier.ts";
import type { ScopePolicy } from "../../src/scopes/policy.ts";
import {
  type NeededScopes,
  type ScopeRules,
  scopeRules,
} from "../../src/scopes/check.ts";
import type { AccessTokenClaims, Operation } from "../../src/types.ts";
import {
  testIssuer,
  type TestKey,
  testKey,
  testNetwork,
} from "../../src/testing/mod.ts";
import { ISSUER, RESOURCE } from "../support/protected.ts";
import { anyText, holds, thrownBy } from "./property.ts";

const OTHER_ISSUER = "https://login.example/v2.0";
const OTHER_AUDIENCE = "api://notes";
const TOLERANCE_SECONDS = 30;

const keys: readonly TestKey[] = [
  await testKey("ES256"),
  await testKey("EdDSA"),
  await testKey("RS256"),
];
const network = testNetwork();
const issuer = await testIssuer({
  platform: network,
  issuer: ISSUER,
  audience: RESOURCE,
  keys,
});
const NOW = network.now() / 1000;
const verify = jwtVerifier({
  authorization_servers: [ISSUER],
  platform: network,
});
const judge = accessTokenJudge({
  resource: RESOURCE,
  issuers: [ISSUER, OTHER_ISSUER],
  rules: { [OTHER_ISSUER]: { audience: [OTHER_AUDIENCE, "notes"] } },
  clockToleranceSeconds: TOLERANCE_SECONDS,
  now: network.now,
});

const audience = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ...[RESOURCE, "HTTP://LocalHost:8787/mcp", "http://localhost:8787/mcp/"],
      ...["http://localhost:8787/MCP", "http://localhost:8787", "notes", ""],
      ...["http://local%68ost:8787/mcp", OTHER_AUDIENCE, "API://notes"],
    ),
  },
  { weight: 1, arbitrary: fc.domain().map((host) => `https://${host}/mcp`) },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const time = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.double({ min: -90, max: 90, noNaN: true })
      .map((seconds) => NOW + seconds),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...[NOW, NOW - TOLERANCE_SECONDS, NOW + TOLERANCE_SECONDS, 0, -1, 1e15],
      ...[Number.MAX_SAFE_INTEGER, NOW * 1000, NaN, Infinity, -Infinity],
      ...["9999999999", 9999999999n, true, null, [NOW + 60]],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(fc.double(), fc.jsonValue(), fc.date(), fc.bigInt()),
  },
);
/** Claims that are mostly in order, so that most of what is tried goes wrong in one way and not in ten. */
const claims: fc.Arbitrary<AccessTokenClaims> = fc.record({
  iss: mostly(
    fc.constantFrom(ISSUER, OTHER_ISSUER),
    fc.oneof(fc.constantFrom(`${ISSUER}/`, "__proto__"), fc.anything()),
  ),
  aud: mostly(
    fc.constant([RESOURCE, OTHER_AUDIENCE]),
    fc.oneof(audience, fc.array(fc.oneof(audience, fc.array(audience)))),
  ),
  exp: mostly(fc.constant(NOW + 300), time),
  nbf: mostly(fc.constant(undefined), time),
  iat: mostly(fc.constant(NOW), time),
  cnf: mostly(
    fc.constant(undefined),
    fc.oneof(fc.constantFrom(null, false, 0, ""), fc.anything()),
  ),
  scope: fc.anything(),
  scp: fc.anything(),
  client_id: fc.anything(),
  azp: fc.anything(),
  sub: fc.anything(),
}, { requiredKeys: ["iss", "aud", "exp"] });

function mostly<T, U>(
  one: fc.Arbitrary<T>,
  other: fc.Arbitrary<U>,
): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: 3, arbitrary: one }, {
    weight: 1,
    arbitrary: other,
  });
}

/** RFC 9068 §4, said once more: a known issuer, one of its audiences, in time and bound to nothing. */
function isAcceptable({ iss, aud, exp, ...rest }: AccessTokenClaims): boolean {
  const isForUs = (value: unknown): boolean =>
    typeof value === "string" &&
    (iss === ISSUER
      ? /^http:\/\/localhost:8787$/i.test(value.slice(0, 21)) &&
        value.slice(21) === "/mcp"
      : value === OTHER_AUDIENCE || value === "notes" ||
        value === "API://notes");
  const isNumber = (value: unknown): value is number =>
    typeof value === "number" && Math.abs(value) < Infinity;
  return (iss === ISSUER || iss === OTHER_ISSUER) &&
    (Array.isArray(aud) ? aud : [aud]).some(isForUs) &&
    isNumber(exp) && NOW - exp < TOLERANCE_SECONDS &&
    [rest.nbf, rest.iat].every((from) =>
      from === undefined || isNumber(from) && from - NOW <= TOLERANCE_SECONDS
    ) &&
    rest.cnf === undefined;
}

test(
  "accept() takes what RFC 9068 §4 takes and nothing else, whatever a verifier gives it",
  holds(
    fc.oneof(
      { weight: 9, arbitrary: claims },
      { weight: 1, arbitrary: fc.dictionary(fc.string(), fc.anything()) },
    ),
    async (claims) => {
      let scopes: unknown;
      let clientId: unknown;
      const error = await thrownBy(
        () => ({ scopes, clientId } = judge.accept("a.b.c", claims)),
        AccessTokenError,
      );
      assertEquals(error === undefined, isAcceptable(claims));
      assertEquals(
        await thrownBy(() => judge.check(claims), AccessTokenError) ===
          undefined,
        error === undefined,
      );
      if (error !== undefined) return;
      assert(typeof clientId === "string");
      assert(Array.isArray(scopes));
      assertEquals(new Set(scopes).size, scopes.length);
      for (const scope of scopes) assert(/^[^ ]+$/.test(scope));
    },
  ),
);

test(
  "check() passes at every time between two at which it passes",
  holds(fc.tuple(claims, fc.nat({ max: 400 })), ([claims, seconds]) => {
    const passesAt = (now: number): boolean => {
      const then = accessTokenJudge({
        resource: RESOURCE,
        issuers: [ISSUER],
        rules: {},
        clockToleranceSeconds: TOLERANCE_SECONDS,
        now: () => now * 1000,
      });
      try {
        then.check({ ...claims, iss: ISSUER, aud: RESOURCE, cnf: undefined });
        return true;
      } catch {
        return false;
      }
    };
    if (passesAt(NOW) && passesAt(NOW + seconds)) {
      assert(passesAt(NOW + seconds / 2));
    }
  }),
);

const tokens = await Promise.all(
  keys.map((key) => issuer.token({ scope: "a b" }, {}, key)),
);
const good = fc.constantFrom(...tokens);
const BASE64URL =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const character = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...BASE64URL, ".", "=") },
  { weight: 1, arbitrary: anyText },
);

async function refuses(token: string): Promise<boolean> {
  return await thrownBy(() => verify(token), AccessTokenError) !== undefined;
}

test(
  "jwtVerifier() refuses a good token that was changed in one place",
  holds(
    fc.tuple(
      good,
      fc.nat(),
      character,
      fc.constantFrom("put", "insert", "drop"),
    ),
    async ([token, place, character, how]) => {
      const at = place % token.length;
      const rest = token.slice(how === "insert" ? at : at + 1);
      const changed = token.slice(0, at) + (how === "drop" ? "" : character) +
        rest;
      assertEquals(await refuses(changed), changed !== token);
    },
  ),
);

test(
  "jwtVerifier() refuses what is put together from parts of good tokens",
  holds(
    fc.array(
      fc.constantFrom(...tokens.flatMap((token) => token.split("."))),
      { maxLength: 5 },
    ),
    async (parts) => {
      const token = parts.join(".");
      assertEquals(await refuses(token), !tokens.includes(token));
    },
  ),
);

const encoded = (value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  value.map((text) => {
    const bytes = new TextEncoder().encode(text);
    const binary = Array.from(bytes, (byte) => String.fromCharCode(byte));
    return btoa(binary.join("")).replace(/\+/g, "-").replace(/\//g, "_")
      .replace(/=/g, "");
  });
const header = fc.record({
  alg: mostly(fc.constantFrom("ES256", "RS256", "EdDSA"), fc.jsonValue()),
  kid: mostly(
    fc.constantFrom("ES256", "RS256", "EdDSA"),
    fc.oneof(fc.constant("__proto__"), fc.jsonValue()),
  ),
  typ: mostly(fc.constantFrom("at+jwt", "JWT"), fc.jsonValue()),
  jwk: fc.jsonValue(),
}, { requiredKeys: ["alg"] }).map((value) => JSON.stringify(value));
const payload = fc.oneof(
  fc.record({ iss: fc.constant(ISSUER), sub: fc.jsonValue() }),
  fc.jsonValue(),
).map((value) => JSON.stringify(value));
const signature = fc.oneof(
  fc.constantFrom(...tokens.map((token) => token.split(".")[2]!)),
  fc.string({ unit: fc.constantFrom(...BASE64URL), maxLength: 90 }),
);

test(
  "jwtVerifier() refuses what the issuer has not signed, and throws nothing else",
  holds(
    fc.oneof(
      { weight: 1, arbitrary: anyText },
      {
        weight: 5,
        arbitrary: fc.tuple(encoded(header), encoded(payload), signature)
          .map((segments) => segments.join(".")),
      },
    ),
    async (token) => assert(await refuses(token)),
  ),
);

test(
  "jwtVerifier() gives the claims of what the issuer has signed, whatever they are",
  holds(
    fc.tuple(
      fc.dictionary(
        fc.string().filter((name) =>
          !/^(?:at_hash|c_hash|events|token_use|typ|iss|__proto__)$/.test(name)
        ),
        fc.jsonValue(),
      ),
      fc.constantFrom(...keys.slice(0, 2)),
    ),
    async ([claims, key]) => {
      const given = await verify(await issuer.token(claims, {}, key));
      const expected = { ...issuer.claims(), ...claims };
      assertEquals(
        JSON.parse(JSON.stringify(given)),
        JSON.parse(
          JSON.stringify(expected),
        ),
      );
      assert(Object.isFrozen(given));
    },
  ),
);

const CLOCK = { now: () => 0, clockToleranceSeconds: 0 };
const rulesOf = (policy: ScopePolicy): ScopeRules => scopeRules(policy, CLOCK);

const SCOPES = ["a", "b", "c", "d", "e", "f", "constructor", "toString"];
const scope = fc.constantFrom(...SCOPES);
const scopes = fc.array(scope, { maxLength: 4 });
const graph = fc.dictionary(scope, scopes, { noNullPrototype: true });
/** What goes from earlier to later scopes alone has no circle. */
const implies = graph.map((edges) =>
  Object.fromEntries(
    Object.entries(edges).map(([from, to]) => [
      from,
      to.filter((other) => SCOPES.indexOf(other) > SCOPES.indexOf(from)),
    ]),
  )
);

/** All that can be reached from some scopes, themselves too. */
function reach(
  edges: Readonly<Record<string, readonly string[]>>,
  from: readonly string[],
): Set<string> {
  const reached = new Set(from);
  for (const scope of reached) {
    for (const next of Object.hasOwn(edges, scope) ? edges[scope]! : []) {
      reached.add(next);
    }
  }
  return reached;
}

test(
  "suffice() holds where all that is needed can be reached from what is granted",
  holds(fc.tuple(implies, scopes, scopes), ([implies, granted, needed]) => {
    const reached = reach(implies, granted);
    assertEquals(
      rulesOf({ implies }).suffice(granted, [[needed]]),
      needed.every((scope) => reached.has(scope)),
    );
  }),
);

test(
  "suffice() holds still when more is granted, and when less is needed",
  holds(
    fc.tuple(implies, scopes, scopes, scopes),
    ([implies, granted, needed, more]) => {
      const { suffice } = rulesOf({ implies });
      if (!suffice(granted, [[needed]])) return;
      assert(suffice([...more, ...granted], [[needed]]));
      assert(suffice(granted, [[needed.slice(1)]]));
      assert(suffice(granted, [[[...needed].reverse()]]));
    },
  ),
);

test(
  "suffice() goes on from what is implied: of three scopes too",
  holds(
    fc.tuple(implies, scope, scope, scope),
    ([implies, first, second, third]) => {
      const { suffice } = rulesOf({ implies });
      if (suffice([first], [[[second]]]) && suffice([second], [[[third]]])) {
        assert(suffice([first], [[[third]]]));
      }
    },
  ),
);

test(
  "scopeRules() refuses a circle of implications, and nothing but a circle",
  holds(graph, async (implies) => {
    const isCircle = Object.entries(implies).some(([from, to]) =>
      reach(implies, to).has(from)
    );
    const error = await thrownBy(() => rulesOf({ implies }), TypeError);
    assertEquals(error !== undefined, isCircle);
  }),
);

const METHODS = ["tools/call", "prompts/get", "tasks/get"];
const WHOLE = ["ping", "constructor", "*"];
const NAMES = ["x", "y", "*", "constructor", "__proto__"];
const named = fc.array(fc.tuple(fc.constantFrom(...NAMES), scopes))
  .map((entries) => Object.fromEntries(entries));
const policy = fc.record({
  initial: scopes,
  required: scopes,
  operations: fc.array(fc.oneof(
    fc.tuple(fc.constantFrom(...METHODS), fc.oneof(scopes, named)),
    fc.tuple(fc.constantFrom(...WHOLE), scopes),
  )).map((entries) => Object.fromEntries(entries)),
}, { requiredKeys: [] });
const operation: fc.Arbitrary<Operation> = fc.record({
  method: fc.constantFrom(...METHODS, ...WHOLE, "toString"),
  name: fc.constantFrom(...NAMES, "toString"),
}, { requiredKeys: ["method"] });

/** What an operation needs besides what every request needs, by the policy's own words. */
function neededFor(
  operations: Readonly<Record<string, unknown>>,
  { method, name }: Operation,
): readonly string[] {
  const own = (from: object, key: string): unknown =>
    Object.hasOwn(from, key) ? from[key as keyof object] : undefined;
  const entry = own(operations, method);
  const found = entry === undefined || Array.isArray(entry)
    ? entry
    : own(entry!, name ?? "*") ?? own(entry!, "*");
  return (found ?? own(operations, "*") ?? []) as readonly string[];
}

/** All the scopes of what is needed, where there is no choice. */
function flat(needed: NeededScopes): string[] {
  return [...new Set(needed.flat(2))].sort();
}

test(
  "needed() is what the policy says of each operation of a batch, and what it says of every request",
  holds(
    fc.tuple(policy, fc.array(operation, { maxLength: 4 })),
    ([policy, batch]) => {
      const { required = [], operations = {} } = policy;
      const rules = rulesOf(policy);
      const needed = rules.needed(batch);
      const expected = new Set([
        ...required,
        ...batch.flatMap((one) => neededFor(operations, one)),
      ]);
      assertEquals(flat(needed), [...expected].sort());
      assertEquals(
        flat(rules.needed(batch.toReversed())),
        [...expected].sort(),
      );
    },
  ),
);

test(
  "needed() of a batch is no less than of a part of it",
  holds(
    fc.tuple(policy, fc.array(operation), fc.array(operation)),
    ([policy, part, others]) => {
      const { needed } = rulesOf(policy);
      const all = flat(needed([...others, ...part]));
      for (const scope of flat(needed(part))) assert(all.includes(scope));
    },
  ),
);
