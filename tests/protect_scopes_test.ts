import { assertEquals, assertFalse, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { parseChallenges } from "../src/http/www_authenticate.ts";
import { AccessTokenError } from "../src/errors.ts";
import type { ScopePolicy } from "../src/scopes/policy.ts";
import {
  callOf,
  METADATA_URL,
  post,
  protect,
  type Protected,
} from "./support/protected.ts";

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

/** A body that tells when it is read. */
function watched(text: string): [body: ReadableStream, isRead: () => boolean] {
  let isRead = false;
  const body = new ReadableStream({
    pull(controller): void {
      isRead = true;
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  }, { highWaterMark: 0 });
  return [body, () => isRead];
}

/** What `Mcp-Method` and `Mcp-Name` say of a call of `add_note`, and what comes of it before the body is read. */
const fields: readonly (readonly [
  why: string,
  granted: string,
  headers: Readonly<Record<string, string>>,
  early: readonly [status: number, named?: string] | undefined,
  late: readonly [status: number, named?: string],
])[] = [
  [
    "the truth, and are denied",
    "notes:read",
    {
      "mcp-method": "tools/call",
      "mcp-name": "add_note",
    },
    [403, "notes:write"],
    [403, "notes:write"],
  ],
  [
    "the truth, and are heard",
    "notes:write",
    {
      "mcp-method": "tools/call",
      "mcp-name": "add_note",
    },
    undefined,
    [200],
  ],
  [
    "what is allowed",
    "notes:read",
    {
      "mcp-method": "tools/call",
      "mcp-name": "whoami",
    },
    undefined,
    [400],
  ],
  [
    "what is denied, of what is allowed",
    "notes:write",
    {
      "mcp-method": "tools/call",
      "mcp-name": "purge_notes",
    },
    [403, "notes:admin"],
    [400],
  ],
  ["the method alone", "", { "mcp-method": "tools/call" }, undefined, [
    403,
    "notes:write",
  ]],
  ["a method that is denied", "", {
    "mcp-method": "prompts/get",
    "mcp-name": "p",
  }, [
    403,
    "prompts",
  ], [400]],
  [
    "what cannot be read",
    "notes:admin",
    { "mcp-name": "=?base64?*?=" },
    [400],
    [
      400,
    ],
  ],
  ["nothing", "notes:write", {}, undefined, [200]],
];

for (const [why, granted, headers, early, late] of fields) {
  test(`protectResource() reads headers that say ${why}`, async () => {
    const { handle, issuer, calls } = protect({ scopes: NOTES });
    const [body, isRead] = watched(JSON.stringify(callOf("add_note")));
    const token = await issuer.token({ scope: granted });
    const response = await handle(
      new Request(
        post({ token, headers }),
        { body, duplex: "half" } as RequestInit,
      ),
    );
    const field = response.headers.get("www-authenticate");
    const named = field === null
      ? []
      : [parseChallenges(field)[0]!.params.scope];
    assertEquals([response.status, ...named], [...early ?? late]);
    assertEquals(isRead(), early === undefined);
    assertEquals(calls.length, response.status === 200 ? 1 : 0);
  });
}

test("protectResource() says in the log what it is that contradicts", async () => {
  const { handle, issuer, decisions } = protect({ scopes: NOTES });
  const token = await issuer.token({ scope: "notes:admin" });
  const body = callOf("add_note");
  for (const name of ["whoami", "=?base64?*?="]) {
    await handle(post({ token, body, headers: { "mcp-name": name } }));
  }
  assertEquals(
    decisions.map((decision) =>
      decision.outcome === "refused" && decision.reason
    ),
    ["header_contradicts_body", "header_malformed"],
  );
});

test("protectResource() ignores Mcp-Method and Mcp-Name if the policy has no operations", async () => {
  const self = protect({ scopes: { required: ["a"] } });
  const token = await self.issuer.token({ scope: "a" });
  const headers = { "mcp-method": "ping", "mcp-name": "=?base64?*?=" };
  const request = post({ token, headers, body: callOf("x") });
  assertEquals((await self.handle(request)).status, 200);
});

test("protectResource() asks a policy's function about the call that the handler gets", async () => {
  const { handle, issuer, calls } = protect({
    scopes: {
      operations: {
        "tools/call": (_operation, params) =>
          Object(params.arguments).all === true ? ["admin"] : [],
      },
    },
  });
  const token = await issuer.token();
  const ask = async (text: string): Promise<number> => {
    const request = new Request(post({ token }), { body: text });
    return (await handle(request)).status;
  };
  const call = '{"method":"tools/call","params":{"name":"purge","arguments":';
  assertEquals(await ask(`${call}{"all":false}}}`), 200);
  assertEquals(await ask(`${call}{"all":true}}}`), 403);
  assertEquals(
    await ask(`${call}{"all":false},"arguments":{"all":true}}}`),
    403,
  );
  assertEquals(await ask(`[{"id":1},${call}{"all":true}}}]`), 403);
  assertEquals(calls.length, 1);
  assertEquals(Object.keys(calls[0]![1]).sort(), ["authInfo", "parsedBody"]);
});

test("protectResource() asks for a login by RFC 9470, with everything that the operation needs", async () => {
  const { handle, issuer, network, calls } = protect({
    scopes: {
      operations: { "tools/call": { purge: ["admin"] } },
      authentication: {
        operations: {
          "tools/call": { purge: { acr_values: ["phr", "mfa"], max_age: 300 } },
        },
      },
    },
  });
  const now = Math.floor(network.now() / 1000);
  const ask = async (
    claims: Readonly<Record<string, unknown>>,
    name = "purge",
  ): Promise<Response> =>
    await handle(
      post({ token: await issuer.token(claims), body: callOf(name) }),
    );
  const refused = await ask({ scope: "admin", acr: "pwd", auth_time: now });
  assertEquals(refused.status, 401);
  assertEquals(
    refused.headers.get("www-authenticate"),
    `Bearer error="insufficient_user_authentication", scope="admin", resource_metadata="${METADATA_URL}", ` +
      'acr_values="phr mfa", max_age="300", ' +
      'error_description="The operation needs a stronger or more recent login"',
  );
  assertEquals((await ask({ scope: "admin" })).status, 401);
  assertEquals((await ask({ acr: "mfa", auth_time: now })).status, 403);
  const old = { scope: "admin", acr: "mfa", auth_time: now - 331 };
  assertEquals((await ask(old)).status, 401);
  assertEquals((await ask({ ...old, auth_time: now - 330 })).status, 200);
  assertEquals((await ask({}, "whoami")).status, 200);
  assertEquals(calls.length, 2);
});

test("protectResource() answers a handler that asks for what cannot be a scope", async () => {
  const { handle, issuer } = protect({}, () => {
    throw new AccessTokenError("insufficient_scope", {
      scope: ["a\r\nset-cookie: b", 'c"', "notes:write"],
    });
  });
  const response = await handle(post({ token: await issuer.token() }));
  assertEquals(response.status, 403);
  const field = response.headers.get("www-authenticate")!;
  assertEquals(parseChallenges(field)[0]?.params.scope, "notes:write");
});

test("protectResource() names all missing scopes in one challenge, with and without headers that name the operation", async () => {
  for (
    const headers of [
      undefined,
      { "mcp-method": "tools/call" },
      { "mcp-method": "tools/call", "mcp-name": "a" },
    ]
  ) {
    const { handle, issuer } = protect({
      scopes: {
        required: ["notes:use"],
        operations: { "tools/call": ["notes:write"] },
      },
    });
    const token = await issuer.token();
    const response = await handle(
      post({ token, body: callOf("a"), ...(headers && { headers }) }),
    );
    assertEquals(response.status, 403);
    const field = response.headers.get("www-authenticate")!;
    assertEquals(
      parseChallenges(field)[0]?.params.scope,
      "notes:use notes:write",
    );
  }
});
