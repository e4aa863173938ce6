import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { type ScopePolicy, scopeRules } from "../src/scopes.ts";
import type { Operation } from "../src/types.ts";

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
  ["its scheme in another case", "resources/read", "NOTES://h/secret", "admin"],
  ["a dot segment", "resources/read", "notes://h/a/../secret", "admin"],
  ["an escaped dot", "resources/read", "notes://h/%2e/secret", "admin"],
  ["a tab, which URL drops", "resources/read", "no\ttes://h/secret", "admin"],
  ["spaces around", "resources/read", " notes://h/secret\n", "admin"],
  ["a policy in other words", "resources/read", "https://h.example/./", "web"],
  ["another resource", "resources/read", "notes://h/Secret", "read"],
  ["a resource that is no URL", "resources/read", "secret", "read"],
];

for (const [why, method, name, ...scopes] of needed) {
  test(`scopeRules().needed() knows what ${why} needs`, () => {
    const asked = name === undefined ? { method } : { method, name };
    assertEquals(scopeRules(POLICY).needed([asked]), ["mcp", ...scopes]);
  });
}

test("scopeRules().needed() is what is required where nothing is asked for", () => {
  assertEquals(scopeRules(POLICY).needed([]), ["mcp"]);
  assertEquals(scopeRules().needed([call("add_note")]), []);
});

test("scopeRules().needed() joins a batch in its order, each scope once", () => {
  const { needed } = scopeRules(POLICY);
  const batch = ["whoami", "move_note", "list_notes", "add_note"].map(call);
  assertEquals(needed(batch), ["mcp", "write", "read"]);
  assertEquals(needed(batch.toReversed()), ["mcp", "write", "read"]);
  assertEquals(needed([call("a"), call("add_note")]), ["mcp", "read", "write"]);
});

test("scopeRules().needed() looks a tool up by the name to the letter, URL or not", () => {
  const operations = {
    "tools/call": { "http://a": ["a"], "http://a/": ["b"] },
  };
  const rules = scopeRules({ operations });
  assertEquals(rules.needed([call("http://a")]), ["a"]);
  assertEquals(rules.needed([call("HTTP://a")]), []);
});

test("scopeRules().needed() takes the scopes of two spellings together", () => {
  const operations = {
    "resources/read": { "http://a": ["a"], "http://a/": ["b"] },
  };
  const asked = { method: "resources/read", name: "HTTP://A" };
  assertEquals(scopeRules({ operations }).needed([asked]), ["a", "b"]);
});

test("scopeRules().needed() finds what is listed under names that every object has", () => {
  const names = Object.fromEntries([["__proto__", ["a"]], ["valueOf", ["b"]]]);
  const operations = Object.fromEntries([
    ["toString", names],
    ["__proto__", ["c"]],
  ]);
  const { needed } = scopeRules({ operations });
  assertEquals(needed([{ method: "toString", name: "__proto__" }]), ["a"]);
  assertEquals(needed([{ method: "toString", name: "valueOf" }]), ["b"]);
  assertEquals(needed([{ method: "toString", name: "toString" }]), []);
  assertEquals(needed([{ method: "__proto__" }]), ["c"]);
});

const initial: readonly (readonly [
  why: string,
  policy: ScopePolicy | undefined,
  scopes: readonly string[],
])[] = [
  ["nothing without a policy", undefined, []],
  ["what is required", { required: ["a", "b"] }, ["a", "b"]],
  ["what is told first, with what is required behind it", {
    initial: ["b", "c"],
    required: ["a", "b"],
  }, ["b", "c", "a"]],
  ["a scope once", { initial: ["a", "a"], required: ["a"] }, ["a"]],
  ["nothing that is implied", { initial: ["a"], implies: { a: ["b"] } }, [
    "a",
  ]],
];

for (const [why, policy, scopes] of initial) {
  test(`scopeRules().initial is ${why}`, () => {
    assertEquals(scopeRules(policy).initial, scopes);
  });
}

test("scopeRules().hasOperations is whether a body has to be read", () => {
  assertEquals(scopeRules(POLICY).hasOperations, true);
  assertEquals(
    scopeRules({ required: ["a"], operations: {} }).hasOperations,
    false,
  );
  assertEquals(scopeRules().hasOperations, false);
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
  ["what includes it", ["read"], ["list"], true],
  ["what includes it at three removes", ["admin"], ["ping"], true],
  ["what includes it on both ways", ["admin"], ["read", "write", "list"], true],
  ["what it includes itself", ["list"], ["read"], false],
  ["two that include one each", ["write", "x"], ["list", "x"], true],
  ["a scope in another case", ["Read"], ["read"], false],
  ["a scope that begins like it", ["read:all"], ["read"], false],
  ["a star, which is no wildcard", ["*"], ["read"], false],
  ["what includes a star", ["all"], ["read"], false],
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
      scopeRules({ implies: IMPLIES }).suffice(granted, scopes),
      suffice,
    );
  });
}

const refused:
  readonly (readonly [why: string, policy: object, message: string])[] = [
    [
      "offline_access told first",
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
      "a scope that cannot imply",
      { implies: { "a b": ["c"] } },
      'Cannot use scope "a b" in scopes.implies',
    ],
    [
      "a string for a tool's list",
      { operations: { "tools/call": { a: "x" } } },
      'scopes.operations["tools/call"]["a"]: write a list',
    ],
    [
      "a string for a method's list",
      { operations: { "tools/call": "x" } },
      "write a list",
    ],
    [
      "a string for what is required",
      { required: "abc" },
      "scopes.required: write a list",
    ],
    [
      "a string for what is implied",
      { implies: { a: "bc" } },
      "scopes.implies: write a list",
    ],
    ["a scope that implies itself", { implies: { a: ["a"] } }, "a implies a"],
    [
      "two scopes that imply each other",
      { implies: { a: ["b"], b: ["a"] } },
      "a implies b implies a",
    ],
    ["a long way round", {
      implies: { x: ["a"], a: ["b"], b: ["c"], c: ["a"] },
    }, "a implies b implies c implies a"],
  ];

for (const [why, policy, message] of refused) {
  test(`scopeRules() refuses ${why}, and says where`, () => {
    assertThrows(() => scopeRules(policy as ScopePolicy), TypeError, message);
  });
}

test("scopeRules() shows a circle as it goes round once", () => {
  const implies = { a: ["b", "c"], c: ["d"], d: ["a"] };
  const { message } = assertThrows(() => scopeRules({ implies }), TypeError);
  const round = "a implies c implies d implies a";
  assertEquals(message, `Cannot use scopes.implies: ${round}`);
});

test("scopeRules() closes each scope once, however many ways lead to it", () => {
  const implies: Record<string, string[]> = {};
  for (let i = 0; i < 60; i++) {
    implies[`${i}`] = [`a${i}`, `b${i}`];
    implies[`a${i}`] = implies[`b${i}`] = [`${i + 1}`];
  }
  assertEquals(scopeRules({ implies }).suffice(["0"], ["a30", "60"]), true);
});

function call(name: string): Operation {
  return { method: "tools/call", name };
}
