import { assertEquals, assertFalse, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { parseChallenges } from "../src/challenge.ts";
import type { ScopePolicy } from "../src/scopes.ts";
import {
  callOf,
  METADATA_URL,
  post,
  protect,
  type Protected,
} from "./protected.ts";

/** A tool that is not listed needs notes:read, whoami nothing. */
const NOTES: ScopePolicy = {
  initial: ["notes:read"],
  operations: {
    "tools/call": {
      "*": ["notes:read"],
      whoami: [],
      add_note: ["notes:write"],
      purge_notes: ["notes:admin"],
      copy_notes: ["notes:write", "files:write"],
    },
    "prompts/get": ["prompts"],
    "resources/read": { "notes://secret": ["notes:admin"] },
  },
  implies: {
    "notes:admin": ["notes:write"],
    "notes:write": ["notes:read"],
  },
};

/** The status of an answer, and the scopes that its challenge names. */
async function ask(
  { handle, issuer }: Protected,
  scope: string | undefined,
  body: unknown,
): Promise<readonly [status: number, named?: string]> {
  const token = await issuer.token({ scope });
  const response = await handle(post({ token, body }));
  const field = response.headers.get("www-authenticate");
  if (field === null) return [response.status];
  const [challenge] = parseChallenges(field);
  return [response.status, challenge?.params.scope ?? "none"];
}

/** What a token grants, what it is used for, and what is missing. */
const operations: readonly (readonly [
  why: string,
  granted: string,
  body: unknown,
  missing: string | undefined,
])[] = [
  ["a tool that needs nothing", "", callOf("whoami"), undefined],
  ["a tool by its scope", "notes:write", callOf("add_note"), undefined],
  [
    "a tool by a scope that implies its own",
    "notes:admin",
    callOf("add_note"),
    undefined,
  ],
  [
    "a tool by a scope that implies it at two removes",
    "notes:admin",
    callOf("list_notes"),
    undefined,
  ],
  ["a tool that is not listed", "notes:read", callOf("list_notes"), undefined],
  [
    "a tool that needs two",
    "files:write notes:write",
    callOf("copy_notes"),
    undefined,
  ],
  [
    "a tool that needs two, one of them implied",
    "notes:admin files:write",
    callOf("copy_notes"),
    undefined,
  ],
  [
    "a method that the policy does not name",
    "",
    { method: "tools/list" },
    undefined,
  ],
  ["a resource that is not listed", "", {
    method: "resources/read",
    params: { uri: "notes://1" },
  }, undefined],
  ["a response", "", { jsonrpc: "2.0", id: 1, result: {} }, undefined],
  ["nothing in an empty batch", "", [], undefined],
  ["a batch of what is allowed", "notes:read", [
    callOf("list_notes"),
    callOf("whoami"),
  ], undefined],

  ["a tool without its scope", "notes:read", callOf("add_note"), "notes:write"],
  ["a tool without any scope", "", callOf("add_note"), "notes:write"],
  [
    'a tool that is not listed, without "*"\'s scope',
    "",
    callOf("list_notes"),
    "notes:read",
  ],
  ["a tool that is called *", "", callOf("*"), "notes:read"],
  [
    "a tool without a name",
    "",
    { method: "tools/call", params: {} },
    "notes:read",
  ],
  ["a tool without parameters", "", { method: "tools/call" }, "notes:read"],
  ["a tool in other letters", "", callOf("WHOAMI"), "notes:read"],
  [
    "a tool by the name of one of Object's members",
    "",
    callOf("constructor"),
    "notes:read",
  ],
  [
    "a tool called __proto__",
    "",
    JSON.parse('{"method":"tools/call","params":{"name":"__proto__"}}'),
    "notes:read",
  ],
  ["a method of which all calls need a scope", "", {
    method: "prompts/get",
    params: { name: "x" },
  }, "prompts"],
  ["a resource by its URI", "", {
    method: "resources/read",
    params: { uri: "notes://secret" },
  }, "notes:admin"],
  [
    "a scope that only begins like the needed one",
    "notes:write2",
    callOf("add_note"),
    "notes:write",
  ],
  [
    "a scope that implies nothing upward",
    "notes:write",
    callOf("purge_notes"),
    "notes:admin",
  ],
  [
    "one of two scopes: all are named, the held one too",
    "notes:write",
    callOf("copy_notes"),
    "notes:write files:write",
  ],
  ["the last of a batch", "notes:read", [
    callOf("list_notes"),
    callOf("purge_notes"),
  ], "notes:read notes:admin"],
  ["all of a batch, in one challenge", "", [
    callOf("list_notes"),
    callOf("copy_notes"),
    callOf("add_note"),
  ], "notes:read notes:write files:write"],
  ["a tool behind a response in a batch", "", [
    { id: 1, result: {} },
    callOf("list_notes"),
  ], "notes:read"],
];

for (const [why, granted, body, missing] of operations) {
  test(`protectResource() ${missing === undefined ? "allows" : "refuses"} ${why}`, async () => {
    const self = protect({ scopes: NOTES });
    assertEquals(
      await ask(self, granted, body),
      missing === undefined ? [200] : [403, missing],
    );
    assertEquals(self.calls.length, missing === undefined ? 1 : 0);
  });
}

test("protectResource() writes one challenge that says all", async () => {
  const { handle, issuer } = protect({ scopes: NOTES });
  const response = await handle(
    post({ token: await issuer.token(), body: callOf("copy_notes") }),
  );
  assertEquals(
    response.headers.get("www-authenticate"),
    `Bearer error="insufficient_scope", scope="notes:write files:write", resource_metadata="${METADATA_URL}", ` +
      'error_description="The operation needs more scope than the access token has"',
  );
});

test("protectResource() judges the last of two members of one name, as the handler will read it", async () => {
  const { handle, issuer } = protect({ scopes: NOTES });
  const request = new Request(post({ token: await issuer.token() }), {
    body:
      '{"method":"tools/call","params":{"name":"whoami","name":"purge_notes"}}',
  });
  assertEquals((await handle(request)).status, 403);
});

/** Which scopes a 401 names. */
const initial: readonly (readonly [
  why: string,
  scopes: ScopePolicy | undefined,
  named: string,
])[] = [
  ["the initial scopes", NOTES, "notes:read"],
  ["the initial and the required ones, each once", {
    initial: ["a", "b"],
    required: ["b", "c"],
  }, "a b c"],
  ["the required scopes alone", { required: ["a"] }, "a"],
  ["no scope without a policy", undefined, "none"],
  ["no scope by empty lists", { initial: [], required: [] }, "none"],
  ["no scope of operations", { operations: { "tools/call": ["a"] } }, "none"],
];

for (const [why, scopes, named] of initial) {
  test(`protectResource() names ${why} in a 401`, async () => {
    const { handle, issuer } = protect(scopes === undefined ? {} : { scopes });
    const expired = await issuer.token({ exp: 1 });
    for (const request of [post(), post({ token: expired })]) {
      const response = await handle(request);
      assertEquals(response.status, 401);
      const field = response.headers.get("www-authenticate")!;
      const [challenge] = parseChallenges(field);
      assertEquals(challenge?.params.scope ?? "none", named);
      assertFalse(field.includes('scope=""'));
    }
  });
}

test("protectResource() does not insist on the initial scopes", async () => {
  const self = protect({ scopes: { initial: ["a"] } });
  assertEquals(await ask(self, undefined, callOf("x")), [200]);
});

test("protectResource() insists on the required scopes in every request, whatever its body", async () => {
  const scopes = { required: ["mcp"], implies: { "mcp:all": ["mcp"] } };
  const self = protect({ scopes });
  for (const body of [undefined, callOf("whoami"), "not a message"]) {
    assertEquals(await ask(self, "other", body), [403, "mcp"]);
    assertEquals(await ask(self, "mcp", body), [200]);
    assertEquals(await ask(self, "mcp:all", body), [200]);
  }
  const both = protect({ scopes: { ...NOTES, required: ["mcp"] } });
  assertEquals(
    await ask(both, "mcp", callOf("add_note")),
    [403, "mcp notes:write"],
  );
});

test("protectResource() hands the body on as it judged it, and as it came", async () => {
  const { handle, issuer, calls } = protect({ scopes: NOTES });
  const body = [callOf("whoami"), { n: 1, é: "ü" }];
  await handle(post({ token: await issuer.token(), body }));
  const [request, { parsedBody }] = calls[0]!;
  assertEquals(parsedBody, body);
  assertFalse(request.bodyUsed);
  assertEquals(request.method, "POST");
  assertEquals(request.headers.get("content-type"), "application/json");
  assertEquals(await request.json(), body);
});

test("protectResource() does not read a body that no policy asks about", async () => {
  const policies: (ScopePolicy | undefined)[] = [
    undefined,
    {},
    { required: ["a"] },
    { initial: ["a"], operations: {} },
  ];
  for (const scopes of policies) {
    const { handle, issuer, calls } = protect(
      scopes === undefined ? {} : { scopes },
    );
    const request = new Request(
      post({ token: await issuer.token({ scope: "a" }) }),
      { body: "not JSON" },
    );
    assertEquals((await handle(request)).status, 200);
    const [handed, context] = calls[0]!;
    assertStrictEquals(handed, request);
    assertFalse(request.bodyUsed);
    assertFalse("parsedBody" in context);
  }
});

test("protectResource() lets a request without a body through, where bodies are read", async () => {
  const { handle, issuer, calls } = protect({ scopes: NOTES });
  const headers = { authorization: `Bearer ${await issuer.token()}` };
  for (const method of ["GET", "DELETE"]) {
    const request = new Request(post().url, { method, headers });
    assertEquals((await handle(request)).status, 200);
  }
  assertEquals(calls.map(([, { parsedBody }]) => parsedBody), [
    undefined,
    undefined,
  ]);
});

for (const maxBodyBytes of [100, undefined]) {
  const most = maxBodyBytes ?? 4 * 1024 * 1024;
  test(`protectResource() reads a body of ${most} bytes, and none that is larger, where maxBodyBytes is ${maxBodyBytes}`, async () => {
    const { handle, issuer } = protect({
      scopes: NOTES,
      ...(maxBodyBytes !== undefined && { maxBodyBytes }),
    });
    const token = await issuer.token();
    const statuses: number[] = [];
    for (const length of [most, most + 1]) {
      const text = JSON.stringify({ x: "x".repeat(length - 8) });
      assertEquals(text.length, length);
      const request = new Request(post({ token }), { body: text });
      statuses.push((await handle(request)).status);
    }
    assertEquals(statuses, [200, 413]);
  });
}
