import { assert, assertEquals, assertMatch } from "@std/assert";
import process from "node:process";
import { test } from "node:test";
import { toolCall } from "../contract/messages.ts";
import { logInBound } from "../e2e/dpop_client.ts";
import {
  eventually,
  freePort,
  runExample,
  startProgram,
  TIMEOUT_MILLISECONDS as timeout,
  withExample,
} from "../e2e/example.ts";
import { call, logIn } from "../e2e/sdk_v1.ts";

/** The command on the runtime of this test. */
const COMMAND: readonly string[] = [
  process.execPath,
  ...("Deno" in globalThis ? ["run", "-A", "--no-check"] : []),
  "src/cli/bin.ts",
];

const cases: readonly (readonly [
  why: string,
  args: readonly string[],
  ending: readonly [status: number, stdout: RegExp, stderr: RegExp],
])[] = [
  ["without arguments", [], [1, /^$/, /^OAuth for MCP servers/]],
  ["--help", ["--help"], [0, /^ {2}dev-issuer .*development$/m, /^$/]],
  ["--version", ["--version"], [0, /^\d+\.\d+\.\d+\n$/, /^$/]],
  [
    "a misspelt command",
    ["docter", "--help"],
    [
      1,
      /^$/,
      /^Cannot run an unknown command: did you mean gatehouse doctor\?\n$/,
    ],
  ],
  [
    "a command's name in another spelling",
    ["devIssuer"],
    [1, /^$/, /did you mean gatehouse dev-issuer\?\n$/],
  ],
  [
    "a URL, as one would write for the doctor",
    ["https://notes.example.com/mcp"],
    [1, /^$/, /did you mean gatehouse doctor <url>\?\n$/],
  ],
  [
    "a misplaced token, which is not repeated",
    ["eyJhbGciOiJFUzI1NiJ9.e30.c2ln"],
    [
      1,
      /^$/,
      /^(?!.*eyJ)Cannot run an unknown command: use doctor, gateway, dev-issuer or --help\n$/,
    ],
  ],
  [
    "what every object has",
    ["constructor"],
    [1, /^$/, /^Cannot run an unknown command/],
  ],
  [
    "doctor --help",
    ["doctor", "--help"],
    [0, /^Usage: gatehouse doctor <url> \[options\]$/m, /^$/],
  ],
  [
    "doctor without a URL",
    ["doctor"],
    [3, /^$/, /^Cannot examine without a URL: give one\n$/],
  ],
  [
    "gateway --help",
    ["gateway", "--help"],
    [0, /^Usage: gatehouse gateway --upstream <url> /m, /^$/],
  ],
  [
    "gateway without an upstream",
    ["gateway"],
    [1, /^$/, /^Cannot .*upstream.*\n$/i],
  ],
  [
    "dev-issuer --help",
    ["dev-issuer", "--help"],
    [0, /^Usage: gatehouse dev-issuer \[options\]$/m, /^$/],
  ],
  [
    "dev-issuer with a misspelt option",
    ["dev-issuer", "--resorce", "http://localhost:1/mcp"],
    [1, /^$/, /^Cannot use one of the arguments: did you mean --resource\?\n$/],
  ],
  [
    "dev-issuer for a resource on another machine",
    ["dev-issuer", "--resource", "https://notes.example.com/mcp"],
    [
      1,
      /^$/,
      /^Cannot use --resource https:.*only for servers on this machine/,
    ],
  ],
  [
    "dev-issuer for what is no URL",
    ["dev-issuer", "--resource", "localhost:8000/mcp"],
    [
      1,
      /^$/,
      /^Cannot use --resource .*such as http:\/\/localhost:8000\/mcp\n$/,
    ],
  ],
  [
    "dev-issuer on a port that the system shall choose",
    ["dev-issuer", "--port", "0"],
    [1, /^$/, /^Cannot use --port: give it a whole number from 1 to 65535\n$/],
  ],
  [
    "dev-issuer with scopes that no request can name",
    ["dev-issuer", "--scopes", 'notes:"read"'],
    [1, /^$/, /^Cannot use --scopes: /],
  ],
  [
    "dev-issuer with an option's value left out",
    ["dev-issuer", "--scopes"],
    [1, /^$/, /^Cannot use --scopes: give it a value\n$/],
  ],
];

for (const [why, args, [status, stdout, stderr]] of cases) {
  test(`gatehouse, ${why}`, { timeout }, async () => {
    const ending = await runExample({ NODE_NO_WARNINGS: "1" }, [
      ...COMMAND,
      ...args,
    ]);
    assertMatch(ending.stderr, stderr);
    assertMatch(ending.stdout, stdout);
    assertEquals(ending.status, status);
  });
}

test(
  "gatehouse dev-issuer: a client logs in to a server that trusts it, and a signal ends it with 0",
  {
    timeout,
  },
  async () => {
    const port = `${await freePort()}`;
    const issuer = `http://localhost:${port}`;
    const args = ["dev-issuer", "--port", port, "--auto-approve"];
    const program = startProgram([...COMMAND, ...args], {});
    try {
      await eventually(
        "the issuer to listen",
        () =>
          program.stdout().includes(`authorization_servers: ["${issuer}"]`) ||
          undefined,
      );
      await withExample(async (example) => {
        const { client, provider } = await logIn({ ...example, issuer });
        assertEquals(provider.logins, ["notes:read"]);
        assertEquals(JSON.parse(await call(client, "whoami")).sub, "developer");
      }, { MCP_AUTHORIZATION_SERVERS: issuer });
      program.signal("SIGTERM");
      await eventually("the issuer to end", () => program.ended() || undefined);
      assertEquals(program.status(), 0);
    } finally {
      await program.stop();
    }
  },
);

test(
  "gatehouse dev-issuer, on a port in use, says which and how to choose another",
  {
    timeout,
  },
  async () => {
    const port = `${await freePort()}`;
    const command = [...COMMAND, "dev-issuer", "--port", port];
    const first = startProgram(command, {});
    try {
      await eventually(
        "the issuer to listen",
        () => first.stdout().includes("In your server") || undefined,
      );
      const { status, stderr } = await runExample({}, command);
      assert(stderr.includes(`Port ${port} is in use: `), stderr);
      assertMatch(stderr, /choose another by --port/);
      assertEquals(status, 1);
    } finally {
      await first.stop();
    }
  },
);

test(
  "gatehouse dev-issuer --dpop: a client with a key gets a token that only it can use",
  {
    timeout,
  },
  async () => {
    const port = `${await freePort()}`;
    const issuer = `http://localhost:${port}`;
    const args = ["dev-issuer", "--port", port, "--auto-approve", "--dpop"];
    const program = startProgram([...COMMAND, ...args], {});
    try {
      await eventually(
        "the issuer to listen",
        () => program.stdout().includes("In your server") || undefined,
      );
      await withExample(async ({ resource }) => {
        const client = await logInBound(resource);
        const response = await client.post(toolCall("whoami"));
        assertMatch(await response.text(), /developer/);
        const stolen = await fetch(resource, {
          method: "POST",
          headers: { authorization: `Bearer ${client.token}` },
        });
        assertEquals(stolen.status, 401);
      }, { MCP_AUTHORIZATION_SERVERS: issuer, MCP_DPOP: "required" });
    } finally {
      await program.stop();
    }
  },
);
