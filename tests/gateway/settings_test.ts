import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { configJsonSchema } from "../../src/gateway/command/config_schema.ts";
import {
  type GatewaySettings,
  resolveSettings,
} from "../../src/gateway/command/settings.ts";
import { SETTINGS } from "../../src/gateway/command/setting_table.ts";
import {
  readSources,
  SettingError,
} from "../../src/gateway/command/sources.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const UPSTREAM = "http://localhost:3000/mcp";
const ISSUER = "https://auth.example.com";
const NEEDED = {
  GATEWAY_UPSTREAM: UPSTREAM,
  MCP_AUTHORIZATION_SERVERS: ISSUER,
};

type Variables = Readonly<Record<string, string>>;

/** The settings of variables, flags and a file, `gateway.json`. */
function settings(
  env: Variables = NEEDED,
  args: readonly string[] = [],
  file?: unknown,
): GatewaySettings {
  const text = typeof file === "string" ? file : JSON.stringify(file);
  const sources = readSources(
    file === undefined ? args : ["--config", "gateway.json", ...args],
    env,
    () => text,
  );
  return resolveSettings(sources, env.GATEWAY_SECRET);
}

test("a gateway needs to know an upstream and an issuer, and has a default for all else", () => {
  const { secrets, ...others } = settings();
  assertEquals(secrets.map(({ length }) => length), [72]);
  assertEquals(others, {
    host: "localhost",
    port: 8787,
    log: "text",
    isSecretMadeUp: true,
    servers: [{
      upstream: UPSTREAM,
      forward: { issuer: "http://localhost:8787/mcp" },
      guard: {
        metadata: {
          resource: "http://localhost:8787/mcp",
          authorization_servers: [ISSUER],
        },
      },
    }],
  });
});

test("a flag goes before a variable, and a variable before the file", () => {
  const file = { port: 1, host: "a", timeoutSeconds: 1 };
  const env = { ...NEEDED, PORT: "2", HOST: "127.0.0.1" };
  const { port, host, servers } = settings(env, ["--port", "3"], file);
  assertEquals([port, host], [3, "127.0.0.1"]);
  assertEquals(servers[0]?.forward.timeoutSeconds, 1);
});

test("all variables and flags are read", () => {
  const expected: GatewaySettings = {
    host: "0.0.0.0",
    port: 9000,
    log: "json",
    secrets: [SECRET, `${SECRET}2`],
    isSecretMadeUp: false,
    servers: [{
      upstream: "https://u.example/mcp",
      forward: {
        issuer: "https://h/mcp",
        path: "/inner",
        maxBodyBytes: 10,
        timeoutSeconds: 0.5,
        maxOpen: 3,
      },
      guard: {
        metadata: {
          resource: "https://h/mcp",
          authorization_servers: ["https://a", "https://b"],
        },
        path: "/inner",
        maxBodyBytes: 10,
      },
      dpop: { mode: "required", needsNonce: true },
    }],
  };
  const variables = {
    PORT: "9000",
    HOST: "0.0.0.0",
    MCP_RESOURCE: "https://h/mcp",
    MCP_AUTHORIZATION_SERVERS: "https://a, https://b",
    GATEWAY_UPSTREAM: "https://u.example/mcp",
    GATEWAY_PATH: "/inner",
    GATEWAY_MAX_BODY_BYTES: "10",
    GATEWAY_TIMEOUT_SECONDS: "0.5",
    GATEWAY_MAX_OPEN: "3",
    GATEWAY_LOG: "json",
    MCP_DPOP: "required",
    MCP_DPOP_NONCE: "1",
    GATEWAY_SECRET: `${SECRET}, ${SECRET}2`,
  };
  assertEquals(settings(variables), expected);
  const args = [
    "--port=9000",
    "--host=0.0.0.0",
    "--resource=https://h/mcp",
    "--issuer=https://a",
    "--issuer=https://b",
    "--upstream=https://u.example/mcp",
    "--path=/inner",
    "--max-body=10",
    "--timeout=0.5",
    "--max-open=3",
    "--log=json",
    "--dpop=required",
    "--dpop-nonce=1",
  ];
  const { GATEWAY_SECRET } = variables;
  assertEquals(settings({ GATEWAY_SECRET }, args), expected);
});

test("each server of a file may verify proofs in another way", () => {
  const { servers } = settings({ GATEWAY_SECRET: SECRET }, [], {
    authorization_servers: [ISSUER],
    dpop: "optional",
    servers: [
      { upstream: UPSTREAM, resource: "https://h/a" },
      {
        upstream: UPSTREAM,
        resource: "https://h/b",
        dpop: "required",
        dpopNonce: true,
      },
    ],
  });
  assertEquals(servers.map(({ dpop }) => dpop), [
    { mode: "optional", needsNonce: false },
    { mode: "required", needsNonce: true },
  ]);
});

test("a file has all that a variable has, scopes, metadata and several servers", () => {
  const scopes = {
    initial: ["a"],
    required: [["a"], ["b", "c"]],
    operations: {
      "tools/call": { echo: [], "*": ["a"], either: [["a"], ["b"]] },
      "*": ["a"],
    },
    implies: { b: ["a"] },
    authentication: {
      required: { acr_values: ["x"] },
      operations: { "tools/call": { echo: { max_age: 60 } } },
    },
    lists: ["tools/list"],
  };
  const { servers } = settings({}, [], {
    $schema: "x",
    authorization_servers: [ISSUER],
    timeoutSeconds: 3,
    servers: [
      { upstream: UPSTREAM, resource: "https://h/a", scopes },
      {
        upstream: UPSTREAM,
        resource: "https://h/b",
        authorization_servers: ["https://other.example"],
        issuers: { "https://other.example": { audience: "b", typ: "at+jwt" } },
        metadata: { resource_name: "B" },
        origins: ["https://app.example"],
        identity: ["user"],
      },
    ],
  });
  const [first, second] = servers;
  assertEquals<unknown>(first?.guard.scopes, scopes);
  assertEquals(first?.guard.metadata.authorization_servers, [ISSUER]);
  assertEquals(second, {
    upstream: UPSTREAM,
    forward: { issuer: "https://h/b", timeoutSeconds: 3, identity: ["user"] },
    guard: {
      metadata: {
        resource_name: "B",
        resource: "https://h/b",
        authorization_servers: ["https://other.example"],
      },
      issuers: { "https://other.example": { audience: "b", typ: "at+jwt" } },
      cors: { origins: ["https://app.example"] },
    },
  });
});

/** What cannot be used, and the line that says so. */
const REFUSED: readonly (readonly [
  why: string,
  line: RegExp,
  env: Variables,
  args?: readonly string[],
  file?: unknown,
])[] = [
  [
    "no upstream",
    /^Cannot start without an MCP server: set GATEWAY_UPSTREAM/,
    {},
  ],
  ["no issuer", /set MCP_AUTHORIZATION_SERVERS/, {
    GATEWAY_UPSTREAM: UPSTREAM,
  }],
  [
    "a variable that is misspelt",
    /^Cannot use GATEWAY_UPSTREEM: no such variable, use GATEWAY_UPSTREAM/,
    { ...NEEDED, GATEWAY_UPSTREEM: "x" },
  ],
  [
    "a flag that is misspelt",
    /^Cannot use --upstrem: no such flag, did you mean --upstream\?/,
    NEEDED,
    [
      "--upstrem",
      "x",
    ],
  ],
  ["a flag without a value", /^Cannot use --port: /, NEEDED, ["--port"]],
  ["an argument", /^Cannot use one of the arguments/, NEEDED, ["secret"]],
  [
    "a member that is misspelt",
    /^Cannot use upstreem in gateway\.json: no such name, use .*upstream/,
    {},
    [],
    { upstreem: "x" },
  ],
  [
    "a scope policy that is misspelt",
    /^Cannot use scopes\.requird in gateway\.json: no such name, use initial, required/,
    NEEDED,
    [],
    { scopes: { requird: ["a"] } },
  ],
  [
    "a member of a server that is misspelt",
    /^Cannot use servers\[0\]\.up in gateway\.json: /,
    {},
    [],
    { servers: [{ up: "x" }] },
  ],
  [
    "a secret in a file",
    /^Cannot use secret in gateway\.json: no such name/,
    NEEDED,
    [],
    { secret: SECRET },
  ],
  [
    "a port that is none",
    /^Cannot use PORT "http": write a whole number from 1 to 65535$/,
    { ...NEEDED, PORT: "http" },
  ],
  ["port 0", /^Cannot use PORT 0: /, { ...NEEDED, PORT: "0" }],
  ["port 65536", /^Cannot use --port 65536: /, NEEDED, ["--port", "65536"]],
  [
    "a port as a string in a file",
    /^Cannot use port in gateway\.json: write a whole number/,
    NEEDED,
    [],
    { port: "8787" },
  ],
  ["an empty port", /^Cannot use PORT "": /, { ...NEEDED, PORT: "" }],
  [
    "an empty upstream",
    /^Cannot use GATEWAY_UPSTREAM "": write an absolute URL$/,
    { ...NEEDED, GATEWAY_UPSTREAM: "" },
  ],
  [
    "an upstream that is no URL",
    /^Cannot use GATEWAY_UPSTREAM "localhost:3000": /,
    { ...NEEDED, GATEWAY_UPSTREAM: "localhost:3000" },
  ],
  [
    "an upstream with credentials",
    /^Cannot use GATEWAY_UPSTREAM: remove the credentials/,
    { ...NEEDED, GATEWAY_UPSTREAM: "http://u:hunter2@h/mcp" },
  ],
  [
    "an upstream of a file",
    /^Cannot use upstream in gateway\.json "x": /,
    {},
    [],
    { upstream: "x", authorization_servers: [ISSUER] },
  ],
  [
    "a resource on http elsewhere",
    /^Cannot use MCP_RESOURCE http:\/\/h\/mcp: use https/,
    { ...NEEDED, MCP_RESOURCE: "http://h/mcp" },
  ],
  ["a resource with a query", /^Cannot use --resource /, NEEDED, [
    "--resource",
    "https://h/mcp?a",
  ]],
  ["one bad issuer of two", /^Cannot use MCP_AUTHORIZATION_SERVERS "b": /, {
    ...NEEDED,
    MCP_AUTHORIZATION_SERVERS: "https://a.example,b",
  }],
  ["an empty issuer", /^Cannot use MCP_AUTHORIZATION_SERVERS \[""\]: /, {
    ...NEEDED,
    MCP_AUTHORIZATION_SERVERS: "",
  }],
  ["a host with a port", /^Cannot use HOST "localhost:80": /, {
    ...NEEDED,
    HOST: "localhost:80",
  }],
  [
    "a timeout of no time",
    /^Cannot use GATEWAY_TIMEOUT_SECONDS 0: write a number above 0, at most 86400$/,
    { ...NEEDED, GATEWAY_TIMEOUT_SECONDS: "0" },
  ],
  [
    "a timeout of more than a day",
    /^Cannot use GATEWAY_TIMEOUT_SECONDS 86401: write a number above 0, at most 86400$/,
    { ...NEEDED, GATEWAY_TIMEOUT_SECONDS: "86401" },
  ],
  ["a timeout with a unit", /^Cannot use GATEWAY_TIMEOUT_SECONDS "30s": /, {
    ...NEEDED,
    GATEWAY_TIMEOUT_SECONDS: "30s",
  }],
  ["a negative bound", /^Cannot use GATEWAY_MAX_BODY_BYTES "-1": /, {
    ...NEEDED,
    GATEWAY_MAX_BODY_BYTES: "-1",
  }],
  [
    "a log of another format",
    /^Cannot use GATEWAY_LOG "xml": write text, json or none$/,
    { ...NEEDED, GATEWAY_LOG: "xml" },
  ],
  [
    "a short secret",
    /^Cannot use GATEWAY_SECRET: write at least one, each of 32 characters/,
    { ...NEEDED, GATEWAY_SECRET: "hunter2" },
  ],
  [
    "a mode of DPoP that is none",
    /^Cannot use MCP_DPOP "on": write optional or required$/,
    { ...NEEDED, MCP_DPOP: "on" },
  ],
  [
    "nonces by another word",
    /^Cannot use --dpop-nonce "yes": write true or false, and in a variable 1/,
    NEEDED,
    ["--dpop=optional", "--dpop-nonce=yes"],
  ],
  [
    "nonces without DPoP",
    /^Cannot use MCP_DPOP_NONCE alone: set MCP_DPOP to optional or required$/,
    { ...NEEDED, MCP_DPOP_NONCE: "1" },
  ],
  [
    "nonces without DPoP, in a file",
    /^Cannot use dpopNonce in gateway\.json alone: set MCP_DPOP/,
    NEEDED,
    [],
    { dpopNonce: true },
  ],
  ["an empty secret", /^Cannot use GATEWAY_SECRET: /, {
    ...NEEDED,
    GATEWAY_SECRET: "",
  }],
  [
    "no secret for all the world",
    /^Cannot start without a secret: set GATEWAY_SECRET/,
    { ...NEEDED, HOST: "0.0.0.0", MCP_RESOURCE: "https://h/mcp" },
  ],
  [
    "a file that is not JSON",
    /^Cannot use gateway\.json: it is not JSON/,
    NEEDED,
    [],
    "{",
  ],
  [
    "a file that is a list",
    /^Cannot use gateway\.json: write an object/,
    NEEDED,
    [],
    [],
  ],
  [
    "scopes that are a string",
    /^Cannot use scopes\.required in gateway\.json: write an array of scopes/,
    NEEDED,
    [],
    { scopes: { required: "notes:read" } },
  ],
  [
    "scopes of a tool that are a string",
    /^Cannot use scopes\.operations\["tools\/call"\]/,
    NEEDED,
    [],
    { scopes: { operations: { "tools/call": { a: "b" } } } },
  ],
  [
    "a list that is none",
    /^Cannot use scopes\.lists\[0\] in gateway\.json: write tools\/list/,
    NEEDED,
    [],
    { scopes: { lists: ["tools/call"] } },
  ],
  [
    "an identity that is none",
    /^Cannot use identity\[0\] in gateway\.json: write user/,
    NEEDED,
    [],
    { identity: ["name"] },
  ],
  [
    "an upstream beside servers",
    /^Cannot use GATEWAY_UPSTREAM beside servers in gateway\.json/,
    NEEDED,
    [],
    { servers: [{ upstream: UPSTREAM, resource: "https://h/a" }] },
  ],
  [
    "scopes beside servers",
    /^Cannot use scopes beside servers in gateway\.json/,
    {},
    [],
    { scopes: {}, servers: [{ upstream: UPSTREAM, resource: "https://h/a" }] },
  ],
  [
    "no servers",
    /^Cannot use servers in gateway\.json: write at least one server/,
    {},
    [],
    { servers: [] },
  ],
];

for (const [why, line, ...given] of REFUSED) {
  test(`a gateway refuses ${why}, in one line that says what to change`, () => {
    const { message } = assertThrows(() => settings(...given), SettingError);
    assertMatch(message, line);
    assertEquals(message.includes("\n"), false);
    assertEquals(message.includes("hunter2"), false);
  });
}

test("a gateway passes over what Kubernetes says of a service called gateway", () => {
  settings({
    ...NEEDED,
    GATEWAY_SERVICE_HOST: "10.0.0.1",
    GATEWAY_SERVICE_PORT: "80",
    GATEWAY_SERVICE_PORT_HTTP: "80",
    GATEWAY_PORT: "tcp://10.0.0.1:80",
    GATEWAY_PORT_80_TCP: "tcp://10.0.0.1:80",
    GATEWAY_PORT_80_TCP_ADDR: "10.0.0.1",
    GATEWAY_FOO_SERVICE_HOST: "10.0.0.1",
    GATEWAY_FOO_PORT: "tcp://10.0.0.1:80",
  });
  const mistaken = { ...NEEDED, GATEWAY_PORT: "8787" };
  assertThrows(() => settings(mistaken), SettingError, "GATEWAY_PORT");
});

test("a file that is not there is named", () => {
  const read = (): never => {
    throw Object.assign(new Error("no"), { code: "ENOENT" });
  };
  const { message } = assertThrows(
    () => readSources([], { ...NEEDED, GATEWAY_CONFIG: "x.json" }, read),
    SettingError,
  );
  assertEquals(message, "Cannot read x.json: there is no such file");
});

test("no secret is needed where only this machine can listen, or ask", () => {
  settings({ ...NEEDED, MCP_RESOURCE: "https://h/mcp" });
  settings({ ...NEEDED, HOST: "::1", MCP_RESOURCE: "https://h/mcp" });
  settings({ ...NEEDED, HOST: "0.0.0.0" });
});

test("config.schema.json is what configJsonSchema() says: run `deno run -A tests/gateway/write_schema.ts` after a change", () => {
  const path = "../../src/gateway/command/config.schema.json";
  const file = readFileSync(new URL(path, import.meta.url), "utf8");
  assertEquals(JSON.parse(file), configJsonSchema() as unknown);
});

const documents = [
  ...readFileSync(new URL("../../docs/gateway.md", import.meta.url), "utf8")
    .matchAll(/```json\n([^]*?)```/g),
].map(([, block]) => block!);
const example = readFileSync(
  new URL("../../examples/gateway/gateway.json", import.meta.url),
  "utf8",
);

for (const [i, text] of [...documents, example].entries()) {
  test(`the files of docs/gateway.md and examples/gateway can be used (${i + 1})`, () => {
    const { servers: listed } = JSON.parse(text);
    const env = listed === undefined ? NEEDED : {};
    const { servers } = settings({ ...env, GATEWAY_SECRET: SECRET }, [], text);
    assertEquals(servers.length, listed?.length ?? 1);
  });
}

test("docs/gateway.md has every flag and variable", () => {
  const text = readFileSync(
    new URL("../../docs/gateway.md", import.meta.url),
    "utf8",
  );
  for (const { name, flag, variable } of SETTINGS) {
    const row = new RegExp(
      `\\| \`--${flag}\` +\\| \`${variable}\` +\\| \`${name}\` +\\|`,
    );
    assertMatch(text, row);
  }
});
