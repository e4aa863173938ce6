import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { test } from "node:test";
import { AccessTokenError } from "../../src/errors.ts";
import type { ScopePolicy } from "../../src/scopes/policy.ts";
import type { AuthenticationPolicy } from "../../src/scopes/step_up.ts";
import { type ScopeRules, scopeRules } from "../../src/scopes/check.ts";
import type { AuthInfo, Operation, OperationParams } from "../../src/types.ts";

const NOW_SECONDS = 1_800_000_000;

function rulesOf(policy?: ScopePolicy): ScopeRules {
  return scopeRules(policy, {
    now: () => NOW_SECONDS * 1000,
    clockToleranceSeconds: 30,
  });
}

/** A caller with some scopes. */
function caller(
  scopes: readonly string[] = [],
  claims: Readonly<Record<string, unknown>> = {},
): AuthInfo {
  return { token: "t", clientId: "c", scopes: [...scopes], extra: { claims } };
}

/** The error for a caller, if any. */
function refusal(
  policy: ScopePolicy,
  who: AuthInfo,
  operations: readonly Operation[],
  params?: ReadonlyMap<Operation, OperationParams>,
): AccessTokenError | undefined {
  try {
    rulesOf(policy).check(who, operations, params);
    return undefined;
  } catch (error) {
    assertInstanceOf(error, AccessTokenError);
    return error;
  }
}

/** The scopes in the challenge for a caller without any. */
function told(
  policy: ScopePolicy,
  ...operations: readonly Operation[]
): readonly string[] {
  return refusal(policy, caller(), operations)?.scope ?? [];
}

const POLICY: ScopePolicy = {
  required: ["mcp"],
  operations: {
    "tools/list": ["list"],
    "tools/call": {
      "*": ["read"],
      whoami: [],
      add_note: ["write"],
      move_note: ["write", "read"],
    },
    "prompts/get": { daily: ["prompts"] },
    "resources/read": {
      "*": ["read"],
      "notes://h/secret": ["admin"],
      "https://H.example": ["web"],
    },
  },
};

/** What an operation needs beside `mcp`. */
const needed: readonly (readonly [
  why: string,
  method: string,
  name: string | undefined,
  ...scopes: string[],
])[] = [
  ["a method that is not listed", "ping", undefined],
  ["a method in another case", "Tools/Call", "add_note"],
  ["a method for all its calls", "tools/list", undefined, "list"],
  ["a method for all its calls, with a name", "tools/list", "a", "list"],
  ["a name that is listed", "tools/call", "add_note", "write"],
  ["a name that needs two", "tools/call", "move_note", "write", "read"],
  ["a name that needs none", "tools/call", "whoami"],
  ["a name that is not listed", "tools/call", "list_notes", "read"],
  ["a name in another case", "tools/call", "Add_note", "read"],
  ["a name with a space", "tools/call", "add_note ", "read"],
  ["the star as a name", "tools/call", "*", "read"],
  ["no name, where names matter", "tools/call", undefined, "read"],
  ["a name that is not listed, and no star", "prompts/get", "weekly"],
  ["no name, and no star", "prompts/get", undefined],
  ["a tool named __proto__", "tools/call", "__proto__", "read"],
  ["a tool named constructor", "tools/call", "constructor", "read"],
  ["a method named toString", "toString", "length"],
  ["a method named __proto__", "__proto__", "constructor"],
  ["a resource", "resources/read", "notes://h/secret", "admin"],
  [
    "its scheme in another case",
    "resources/read",
    "NOTES://h/secret",
    "read",
    "admin",
  ],
  ["a dot segment", "resources/read", "notes://h/a/../secret", "read", "admin"],
  ["an escaped dot", "resources/read", "notes://h/%2e/secret", "read", "admin"],
  [
    "a tab, which URL removes",
    "resources/read",
    "no\ttes://h/secret",
    "read",
    "admin",
  ],
  ["spaces around", "resources/read", " notes://h/secret\n", "read", "admin"],
  [
    "a policy with another spelling",
    "resources/read",
    "https://h.example/",
    "web",
  ],
  ["another resource", "resources/read", "notes://h/Secret", "read"],
  ["a resource that is not a URL", "resources/read", "secret", "read"],
];

for (const [why, method, name, ...scopes] of needed) {
  test(`scopeRules().check() looks up ${why}`, () => {
    const asked = name === undefined ? { method } : { method, name };
    assertEquals(told(POLICY, asked).toSorted(), ["mcp", ...scopes].toSorted());
  });
}

test("scopeRules().check() needs the required scopes without an operation", () => {
  assertEquals(told(POLICY), ["mcp"]);
  assertEquals(told({}, call("add_note")), []);
});

test("scopeRules().check() needs the scopes of a whole batch, in its order and each once", () => {
  const batch = ["whoami", "move_note", "list_notes", "add_note"].map(call);
  assertEquals(told(POLICY, ...batch), ["mcp", "write", "read"]);
  assertEquals(told(POLICY, ...batch.toReversed()), ["mcp", "write", "read"]);
  const others = [call("a"), call("add_note")];
  assertEquals(told(POLICY, ...others), ["mcp", "read", "write"]);
});

test("scopeRules().check() compares a tool's name literally, even if it looks like a URL", () => {
  const operations = {
    "tools/call": { "http://a": ["a"], "http://a/": ["b"] },
  };
  assertEquals(told({ operations }, call("http://a")), ["a"]);
  assertEquals(told({ operations }, call("HTTP://a")), []);
});

test("scopeRules().check() needs the scopes of both spellings of a URI", () => {
  const operations = {
    "resources/read": { "http://a": ["a"], "http://a/": ["b"] },
  };
  const asked = { method: "resources/read", name: "http://a" };
  assertEquals(told({ operations }, asked), ["a", "b"]);
});

test("scopeRules().check() finds names that every object has", () => {
  const names = Object.fromEntries([["__proto__", ["a"]], ["valueOf", ["b"]]]);
  const operations = Object.fromEntries([
    ["tools/call", names],
    ["toString", ["d"]],
    ["__proto__", ["c"]],
  ]);
  const policy = { operations };
  assertEquals(told(policy, call("__proto__")), ["a"]);
  assertEquals(told(policy, call("valueOf")), ["b"]);
  assertEquals(told(policy, call("toString")), []);
  assertEquals(told(policy, { method: "toString" }), ["d"]);
  assertEquals(told(policy, { method: "__proto__" }), ["c"]);
  assertEquals(told(policy, { method: "valueOf" }), []);
});

/** Alternatives, the granted scopes, and the scopes in the challenge. */
const choices: readonly (readonly [
  why: string,
  policy: ScopePolicy,
  granted: readonly string[],
  told: readonly string[] | undefined,
])[] = [
  ["the first of two", { required: [["a"], ["b"]] }, ["a"], undefined],
  ["the second of two", { required: [["a"], ["b"]] }, ["b"], undefined],
  ["none of two", { required: [["a"], ["b"]] }, ["c"], ["a"]],
  [
    "all of the second",
    { required: [["a"], ["b", "c"]] },
    ["b", "c"],
    undefined,
  ],
  ["a part of the second", { required: [["a"], ["b", "c"]] }, ["b"], ["a"]],
  [
    "one that implies the second",
    {
      required: [["a"], ["b"]],
      implies: { admin: ["b"] },
    },
    ["admin"],
    undefined,
  ],
  [
    "nothing, if one alternative is empty",
    { required: [["a"], []] },
    [],
    undefined,
  ],
  [
    "one of two alternatives, which the challenge names",
    {
      required: [["a"], ["b"]],
      operations: { "tools/call": { x: [["c"], ["d"]] } },
    },
    ["b"],
    ["b", "c"],
  ],
  [
    "neither of two alternatives",
    {
      required: [["a"], ["b"]],
      operations: { "tools/call": { x: [["c", "a"], ["d"]] } },
    },
    [],
    ["a", "c"],
  ],
];

for (const [why, policy, granted, told] of choices) {
  test(`scopeRules().check() judges ${why}`, () => {
    const error = refusal(policy, caller(granted), [call("x")]);
    assertEquals(error?.scope, told);
    assertEquals(error?.reason, told && "insufficient_scope");
  });
}

test("scopeRules().check() lets a function choose by a tool's arguments", () => {
  const policy: ScopePolicy = {
    required: ["mcp"],
    operations: {
      "tools/call": {
        delete_note: (_operation, { arguments: given }) =>
          Object(given).forever === true ? [["admin"], ["owner"]] : ["write"],
      },
      "tasks/get": ({ name }) => name === "mine" ? [] : ["admin"],
    },
  };
  const operation = call("delete_note");
  const asked = (params: OperationParams): readonly string[] | undefined =>
    refusal(
      policy,
      caller(["mcp"]),
      [operation],
      new Map([[operation, params]]),
    )
      ?.scope;
  assertEquals(asked({ arguments: { forever: true } }), ["mcp", "admin"]);
  assertEquals(asked({ arguments: { forever: "true" } }), ["mcp", "write"]);
  assertEquals(asked({}), ["mcp", "write"]);
  const task = (name: string): readonly string[] => {
    const operation = { method: "tasks/get", name };
    const params = new Map([[operation, {}]]);
    return refusal(policy, caller(), [operation], params)?.scope ?? [];
  };
  assertEquals([task("mine"), task("other")], [["mcp"], ["mcp", "admin"]]);
});

test("scopeRules().check() fails if a function returns no array of scopes", () => {
  for (
    const mistake of [
      undefined,
      "admin",
      ["a b"],
      [["a"], "b"],
      Promise.resolve([]),
    ]
  ) {
    const policy = {
      operations: { "tools/call": () => mistake },
    } as unknown as ScopePolicy;
    const operation = call("x");
    const params = new Map([[operation, {}]]);
    assertThrows(
      () =>
        rulesOf(policy).check(caller(["a", "b", "admin"]), [operation], params),
      TypeError,
      'scopes.operations["tools/call"]',
    );
  }
});

test('scopeRules().check() applies "*" to all methods that are not listed', () => {
  const policy: ScopePolicy = {
    operations: {
      "*": ["mcp"],
      ping: [],
      "tools/call": { a: ["a"] },
      "prompts/get": { "*": [] },
    },
  };
  assertEquals(told(policy, { method: "resources/list" }), ["mcp"]);
  assertEquals(told(policy, { method: "ping" }), []);
  assertEquals(told(policy, call("a")), ["a"]);
  assertEquals(told(policy, call("b")), ["mcp"]);
  assertEquals(told(policy, { method: "prompts/get", name: "p" }), []);
});

/** Logins that are needed. */
const LOGINS: ScopePolicy = {
  required: ["mcp"],
  operations: { "tools/call": { purge: ["admin"] } },
  authentication: {
    required: { max_age: 3600 },
    operations: {
      "tools/call": {
        purge: { acr_values: ["phr", "mfa"], max_age: 60 },
        pay: (_operation, { arguments: given }) =>
          Object(given).cents > 1000 ? { acr_values: ["mfa"] } : {},
      },
    },
  },
};

const refusals: readonly (readonly [
  why: string,
  tool: string,
  scopes: readonly string[],
  claims: Readonly<Record<string, unknown>>,
  told: readonly [reason: string, ...rest: unknown[]] | undefined,
])[] = [
  ["a login that is enough", "purge", ["mcp", "admin"], {
    acr: "mfa",
    auth_time: NOW_SECONDS - 60,
  }, undefined],
  ["a login that is too old for any request", "x", ["mcp"], {
    auth_time: NOW_SECONDS - 4000,
  }, ["insufficient_user_authentication", ["mcp"], undefined, 3600]],
  ["a login that is too old for a tool", "purge", ["mcp", "admin"], {
    acr: "mfa",
    auth_time: NOW_SECONDS - 100,
  }, [
    "insufficient_user_authentication",
    ["mcp", "admin"],
    ["phr", "mfa"],
    60,
  ]],
  ["a login of another kind", "purge", ["mcp", "admin"], {
    acr: "pwd",
    auth_time: NOW_SECONDS,
  }, [
    "insufficient_user_authentication",
    ["mcp", "admin"],
    ["phr", "mfa"],
    60,
  ]],
  [
    "a login and scopes that are not enough, in one challenge",
    "purge",
    ["mcp"],
    {},
    [
      "insufficient_user_authentication",
      ["mcp", "admin"],
      ["phr", "mfa"],
      60,
    ],
  ],
  ["only scopes that are not enough", "purge", ["mcp"], {
    acr: "phr",
    auth_time: NOW_SECONDS,
  }, ["insufficient_scope", ["mcp", "admin"], undefined, undefined]],
  ["the login that a function returns", "pay", ["mcp"], {
    auth_time: NOW_SECONDS,
  }, [
    "insufficient_user_authentication",
    ["mcp"],
    ["mfa"],
    3600,
  ]],
];

for (const [why, tool, scopes, claims, told] of refusals) {
  test(`scopeRules().check() judges ${why}`, () => {
    const operation = call(tool);
    const params = new Map([[operation, { arguments: { cents: 1001 } }]]);
    const error = refusal(LOGINS, caller(scopes, claims), [operation], params);
    assertEquals(
      error && [error.reason, error.scope, error.acr_values, error.max_age],
      told as unknown[] | undefined,
    );
  });
}

/** Each part of a policy for logins, without the others. */
const parts: readonly (readonly [
  why: string,
  authentication: AuthenticationPolicy,
  claims: Readonly<Record<string, unknown>>,
])[] = [
  ["the age for all requests", { required: { max_age: 60 } }, {
    auth_time: NOW_SECONDS,
  }],
  ["the kind for all requests", { required: { acr_values: ["mfa"] } }, {
    acr: "mfa",
  }],
  ["the age for an operation", {
    operations: { "tools/call": { pay: { max_age: 60 } } },
  }, { auth_time: NOW_SECONDS }],
  ["the kind for an operation", {
    operations: { "tools/call": { pay: { acr_values: ["mfa"] } } },
  }, { acr: "mfa" }],
];

for (const [why, authentication, claims] of parts) {
  test(`scopeRules().check() judges a login by ${why} alone`, () => {
    const reasons = [caller(), caller([], claims)]
      .map((who) => refusal({ authentication }, who, [call("pay")])?.reason);
    assertEquals(reasons, ["insufficient_user_authentication", undefined]);
  });
}

test("scopeRules().check() names the missing scopes apart from the needed ones", () => {
  const policy = { required: ["mcp"], implies: { all: ["mcp"] } };
  const operations = { "tools/call": { a: ["read", "write"] } };
  const error = refusal(
    { ...policy, operations },
    caller(["all", "read"]),
    [call("a")],
  );
  assertEquals(error?.scope, ["mcp", "read", "write"]);
  assertEquals(error?.missing, ["write"]);
});

test("scopeRules().check() judges every form of a URI by authentication too", () => {
  const policy: ScopePolicy = {
    authentication: {
      operations: {
        "resources/read": {
          "notes://h/public": {},
          "notes://h/{id}/history": { acr_values: ["mfa"] },
          "*": { max_age: 60 },
        },
      },
    },
  };
  const asked = (name: string): unknown => {
    const operation = { method: "resources/read", name };
    const error = refusal(policy, caller(), [operation]);
    return error && [error.reason, error.acr_values, error.max_age];
  };
  const reason = "insufficient_user_authentication";
  assertEquals(asked("notes://h/public"), undefined);
  assertEquals(asked("notes://h/public#"), [reason, undefined, 60]);
  assertEquals(asked("notes://h/%70ublic"), [reason, undefined, 60]);
  assertEquals(asked("notes://h/5#/history"), [reason, ["mfa"], 60]);
});

const initial: readonly (readonly [
  why: string,
  policy: ScopePolicy | undefined,
  scopes: readonly string[],
])[] = [
  ["nothing without a policy", undefined, []],
  ["the required scopes", { required: ["a", "b"] }, ["a", "b"]],
  ["the initial scopes, followed by the required ones", {
    initial: ["b", "c"],
    required: ["a", "b"],
  }, ["b", "c", "a"]],
  ["a scope once", { initial: ["a", "a"], required: ["a"] }, ["a"]],
  ["the first of a choice", { required: [["a", "b"], ["c"]] }, ["a", "b"]],
  ["no implied scope", { initial: ["a"], implies: { a: ["b"] } }, [
    "a",
  ]],
];

for (const [why, policy, scopes] of initial) {
  test(`scopeRules().initial is ${why}`, () => {
    assertEquals(rulesOf(policy).initial, scopes);
  });
}

test("scopeRules().hasOperations is whether a body must be read", () => {
  assertEquals(rulesOf(POLICY).hasOperations, true);
  assertEquals(
    rulesOf({ required: ["a"], operations: {} }).hasOperations,
    false,
  );
  assertEquals(rulesOf().hasOperations, false);
  const authentication = { required: { max_age: 1 } };
  assertEquals(rulesOf({ authentication }).hasOperations, false);
  const { operations: _, ...logins } = LOGINS;
  assertEquals(rulesOf(logins).hasOperations, true);
});

/** A diamond (admin over read and write, both over list), a chain behind it, and names that every object has. */
const IMPLIES = Object.fromEntries([
  ["list", ["ping"]],
  ["admin", ["read", "write"]],
  ["write", ["list"]],
  ["read", ["list"]],
  ["all", ["*"]],
  ["__proto__", ["hidden"]],
  ["constructor", ["toString"]],
]);

const sufficient: readonly (readonly [
  why: string,
  granted: readonly string[],
  needed: readonly string[],
  suffice: boolean,
])[] = [
  ["nothing for nothing", [], [], true],
  ["anything for nothing", ["x"], [], true],
  ["nothing for something", [], ["x"], false],
  ["all that is needed", ["b", "a"], ["a", "b"], true],
  ["a part of what is needed", ["a"], ["a", "b"], false],
  ["a scope that implies it", ["read"], ["list"], true],
  ["a scope that implies it at three removes", ["admin"], ["ping"], true],
  [
    "a scope that implies it in two ways",
    ["admin"],
    ["read", "write", "list"],
    true,
  ],
  ["a scope that it implies", ["list"], ["read"], false],
  ["two scopes that imply one each", ["write", "x"], ["list", "x"], true],
  ["a scope in another case", ["Read"], ["read"], false],
  ["a scope that begins like it", ["read:all"], ["read"], false],
  ["a star, which is not a wildcard", ["*"], ["read"], false],
  ["a scope that implies a star", ["all"], ["read"], false],
  ["a scope named toString", ["toString"], ["read"], false],
  [
    "a scope named __proto__ for what it includes",
    ["__proto__"],
    ["hidden"],
    true,
  ],
  ["a scope named constructor for what it includes", ["constructor"], [
    "toString",
  ], true],
  ["what every object has for nothing granted", [], ["toString"], false],
];

for (const [why, granted, scopes, suffice] of sufficient) {
  test(`scopeRules().suffice() is ${suffice} for ${why}`, () => {
    assertEquals(
      rulesOf({ implies: IMPLIES }).suffice(granted, [[scopes]]),
      suffice,
    );
  });
}

const refused:
  readonly (readonly [why: string, policy: object, message: string])[] = [
    [
      "offline_access among the initial scopes",
      { initial: ["offline_access"] },
      "offline_access in scopes.initial",
    ],
    [
      "offline_access required",
      { required: ["offline_access"] },
      "offline_access in scopes.required",
    ],
    [
      "offline_access implied",
      { implies: { a: ["offline_access"] } },
      "offline_access in scopes.implies",
    ],
    ["offline_access for an operation", {
      operations: { ping: ["offline_access"] },
    }, 'scopes.operations["ping"]["*"]'],
    [
      "two scopes in one",
      { required: ["a b"] },
      'Cannot use scope "a b" in scopes.required',
    ],
    [
      "an invalid scope that implies another",
      { implies: { "a b": ["c"] } },
      'Cannot use scope "a b" in scopes.implies',
    ],
    [
      "a string for a tool",
      { operations: { "tools/call": { a: "x" } } },
      'scopes.operations["tools/call"]["a"]: write an array',
    ],
    [
      "a string for a method",
      { operations: { "tools/call": "x" } },
      "write an array",
    ],
    [
      "a string for the required scopes",
      { required: "abc" },
      "scopes.required: write an array",
    ],
    [
      "a string for the implied scopes",
      { implies: { a: "bc" } },
      'scopes.implies["a"]: write an array',
    ],
    [
      "a list among scopes",
      { required: ["a", ["b"]] },
      'Cannot use scope ["b"] in scopes.required',
    ],
    [
      "a scope among lists",
      { required: [["a"], "b"] },
      "scopes.required: write an array",
    ],
    [
      "alternatives for the initial scopes",
      { initial: [["a"]] },
      'Cannot use scope ["a"] in scopes.initial',
    ],
    [
      "a login that nobody could have",
      { authentication: { required: { acr_values: [] } } },
      "scopes.authentication.required.acr_values: list",
    ],
    [
      "a login for an operation that nobody could have",
      {
        authentication: {
          operations: { "tools/call": { a: { max_age: -1 } } },
        },
      },
      'scopes.authentication.operations["tools/call"]["a"].max_age: write',
    ],
    [
      "a login for a method as a whole, which looks like names",
      { authentication: { operations: { "tools/call": { max_age: 60 } } } },
      "Cannot",
    ],
    [
      "a wildcard in a method",
      { operations: { "tasks/*": ["a"] } },
      'Cannot use scopes.operations["tasks/*"]: name each method',
    ],
    ["a scope that implies itself", { implies: { a: ["a"] } }, "a implies a"],
    [
      "two scopes that imply each other",
      { implies: { a: ["b"], b: ["a"] } },
      "a implies b implies a",
    ],
    ["a long cycle", {
      implies: { x: ["a"], a: ["b"], b: ["c"], c: ["a"] },
    }, "a implies b implies c implies a"],
  ];

for (const [why, policy, message] of refused) {
  test(`scopeRules() rejects ${why}, and says where`, () => {
    assertThrows(() => rulesOf(policy as ScopePolicy), TypeError, message);
  });
}

test("scopeRules() shows a cycle once", () => {
  const implies = { a: ["b", "c"], c: ["d"], d: ["a"] };
  const { message } = assertThrows(() => rulesOf({ implies }), TypeError);
  const round = "a implies c implies d implies a";
  assertEquals(message, `Cannot use scopes.implies: ${round}`);
});

test("scopeRules() follows each scope once, however many imply it", () => {
  const implies: Record<string, string[]> = {};
  for (let i = 0; i < 60; i++) {
    implies[`${i}`] = [`a${i}`, `b${i}`];
    implies[`a${i}`] = implies[`b${i}`] = [`${i + 1}`];
  }
  assertEquals(rulesOf({ implies }).suffice(["0"], [[["a30", "60"]]]), true);
});

function call(name: string): Operation {
  return { method: "tools/call", name };
}
