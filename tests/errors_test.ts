import { assertEquals, assertFalse } from "@std/assert";
import { test } from "node:test";
import {
  AuthorizationServerError,
  isAccessTokenErrorReason,
} from "../src/errors.ts";
import { post, protect } from "./support/protected.ts";

test("AuthorizationServerError has a message in which nothing controls a terminal or a log", () => {
  const { message } = new AuthorizationServerError(
    "Cannot read https://as.example/\n\u001b[2J\u009b1m\u202e\u2028",
  );
  assertEquals(
    message,
    "Cannot read https://as.example/\\u{a}\\u{1b}[2J\\u{9b}1m\\u{202e}\\u{2028}",
  );
});

test("AuthorizationServerError has a message of 2000 characters at most", () => {
  const { message } = new AuthorizationServerError("a".repeat(300_000));
  assertEquals(message, `${"a".repeat(2000)}…`);
});

const NASTY = "\n\u001b[31m\u202eowned";

/** What an issuer's metadata says of itself, in words that would change what is written after it. */
const documents: readonly (readonly [
  why: string,
  members: (origin: string) => Readonly<Record<string, unknown>>,
])[] = [
  ["a jwks_uri", (origin) => ({ jwks_uri: `${origin}/${NASTY}` })],
  ["a jwks_uri of http elsewhere", () => ({ jwks_uri: `http://a/${NASTY}` })],
  ["its issuer", () => ({ issuer: NASTY })],
];

for (const [why, members] of documents) {
  test(`protectResource() reports nothing that controls a log where metadata has it in ${why}`, async () => {
    const { handle, issuer, network, decisions } = protect();
    network.serve(issuer.metadataUrl, () =>
      Response.json({
        issuer: issuer.issuer,
        ...members("http://localhost:9000"),
      }));
    const response = await handle(post({ token: await issuer.token() }));
    assertEquals(response.status, 503);
    const [decision] = decisions;
    const { message, cause } = (decision as { readonly error: Error }).error;
    for (const text of [message, ...messagesOf(cause)]) {
      // deno-lint-ignore no-control-regex
      assertEquals(/[\u0000-\u001f\u007f-\u009f\u202e]/.exec(text), null);
    }
  });
}

function messagesOf(cause: unknown): string[] {
  return [cause].flat().flatMap((error) =>
    error instanceof Error ? [error.message, ...messagesOf(error.cause)] : []
  );
}

test("protectResource() reports nothing of a body that is not JSON", async () => {
  for (const text of ["SECRET", '{"token": SECRET}']) {
    const { handle, issuer, decisions } = protect({
      scopes: { operations: { "tools/call": [] } },
    });
    const authorization = `Bearer ${await issuer.token()}`;
    const response = await handle(
      new Request("http://localhost:8787/mcp", {
        method: "POST",
        headers: { authorization },
        body: text,
      }),
    );
    assertEquals(response.status, 400);
    const [decision] = decisions;
    const { error } = decision as { readonly error: Error };
    assertEquals(error.cause, undefined);
    assertEquals(error.message.includes("SECRET"), false);
  }
});

for (const value of ["toString", "constructor", "__proto__", "", ["expired"]]) {
  test(`isAccessTokenErrorReason() is false for ${JSON.stringify(value)}`, () =>
    assertFalse(isAccessTokenErrorReason(value)));
}
