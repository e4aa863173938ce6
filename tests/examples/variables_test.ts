import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  EnvironmentError,
  readEnvironment,
} from "../../examples/environment.ts";

/** Variables that nothing reads, and what their author is told. */
const strangers: readonly (readonly [
  why: string,
  name: string,
  told: string,
])[] = [
  [
    "the singular of one",
    "MCP_AUTHORIZATION_SERVER",
    "Cannot use MCP_AUTHORIZATION_SERVER=…: did you mean MCP_AUTHORIZATION_SERVERS?",
  ],
  [
    "British spelling",
    "MCP_AUTHORISATION_SERVERS",
    "did you mean MCP_AUTHORIZATION_SERVERS?",
  ],
  ["letters swapped", "MCP_RESUORCE", "did you mean MCP_RESOURCE?"],
  ["the plural of one", "MCP_RESOURCES", "did you mean MCP_RESOURCE?"],
  ["half of one", "MCP_SCOPE", "did you mean MCP_SCOPES?"],
  [
    "a token",
    "MCP_TOKEN_WRONG_AUDIENCES",
    "did you mean MCP_TOKEN_WRONG_AUDIENCE?",
  ],
  ["another program's", "MCP_TIMEOUT", "unset it, or use MCP_RESOURCE, "],
  ["the prefix alone", "MCP_", "unset it, or use MCP_RESOURCE, "],
  ["what every object has", "MCP___proto__", "unset it, or use MCP_RESOURCE"],
  ["a line break", "MCP_A\nB", "Cannot use MCP_A\\nB=…: "],
];

for (const [why, name, told] of strangers) {
  test(`readEnvironment() refuses a variable that nothing reads: ${why}`, () => {
    const error = assertThrows(
      () => readEnvironment({ [name]: "a secret" }),
      EnvironmentError,
      told,
    );
    assertFalse(/secret|\n/.test(error.message));
  });
}

test("readEnvironment() refuses a name of any length in one short line", () => {
  const name = `MCP_${"A".repeat(100_000)}`;
  const { message } = assertThrows(
    () => readEnvironment({ [name]: "" }),
    EnvironmentError,
  );
  assertEquals(message.length < 300, true);
});

test("readEnvironment() takes all that an example or the doctor reads, and what is not of MCP", () => {
  const { resource } = readEnvironment({
    MCP_RESOURCE: "https://notes.example.com/mcp",
    MCP_AUTHORIZATION_SERVERS: "https://auth.example.com",
    MCP_SCOPES: "none",
    MCP_TOKEN: "a",
    MCP_TOKEN_WRONG_AUDIENCE: "b",
    MCP_TOKEN_EXPIRED: "c",
    MCP_DPOP: "optional",
    MCP_DPOP_NONCE: "1",
    MCP_UNSET: undefined,
    AMCP_OTHER: "d",
    mcp_other: "e",
    HOME: "f",
  });
  assertEquals(resource, "https://notes.example.com/mcp");
});

const proofs: readonly (readonly [
  env: Readonly<Record<string, string>>,
  told: string,
])[] = [
  [{ MCP_DPOP: "" }, 'Cannot use MCP_DPOP="": use optional or required'],
  [{ MCP_DPOP: "1" }, 'Cannot use MCP_DPOP="1": use optional or required'],
  [{ MCP_DPOP: "Required" }, 'Cannot use MCP_DPOP="Required"'],
  [{ MCP_DPOP: "a\nb" }, 'Cannot use MCP_DPOP="a\\nb"'],
  [
    { MCP_DPOP: "optional", MCP_DPOP_NONCE: "yes" },
    'Cannot use MCP_DPOP_NONCE="yes": use 1',
  ],
  [{ MCP_DPOP_NONCE: "1" }, "set MCP_DPOP to optional or required"],
];

for (const [env, told] of proofs) {
  test(`readEnvironment() refuses ${JSON.stringify(env)} in one line`, () => {
    const error = assertThrows(
      () => readEnvironment(env),
      EnvironmentError,
      told,
    );
    assertFalse(error.message.includes("\n"));
  });
}

test("readEnvironment() reads how proofs are verified", () => {
  assertEquals(readEnvironment({}).dpop, undefined);
  assertEquals(readEnvironment({ MCP_DPOP_NONCE: "0" }).dpop, undefined);
  for (const MCP_DPOP of ["optional", "required"]) {
    const { metadata } = readEnvironment({ MCP_DPOP }).dpop!;
    assertEquals(
      metadata.dpop_bound_access_tokens_required,
      MCP_DPOP === "required" ? true : undefined,
    );
  }
});
