import { assertRejects } from "@std/assert";
import { test } from "node:test";
import { startDevIssuer } from "../../src/dev_issuer/mod.ts";

/** Options as a program without types may write them. */
const wrong:
  readonly (readonly [why: string, options: object, message: string])[] = [
    ["no port", {}, "Cannot use port: use a whole number from 1 to 65535"],
    [
      "a port of the system's choice",
      { port: 0 },
      "Cannot use port: use a whole",
    ],
    ["a port in quotes", { port: "7788" }, "Cannot use port: use a whole"],
    ["a misspelt option", { port: 1, scope: ["a"] }, "did you mean scopes?"],
    [
      "one scope, not in a list",
      { port: 1, scopes: "a" },
      "Cannot use scopes: ",
    ],
    [
      "a resource that is no URL",
      { port: 1, resource: "localhost:8000/mcp" },
      "Cannot use resource",
    ],
    [
      "a path without a slash",
      { port: 1, path: "tenant" },
      "Cannot use path: write a path such as /tenant1",
    ],
    [
      "approval without a person for a server on the internet",
      { port: 1, resource: "https://notes.example.com/mcp", autoApprove: true },
      "Cannot approve by itself for https://notes.example.com/mcp",
    ],
  ];

for (const [why, options, message] of wrong) {
  test(`startDevIssuer() refuses ${why}`, async () => {
    const start = () =>
      startDevIssuer(options as Parameters<typeof startDevIssuer>[0]);
    await assertRejects(start, TypeError, message);
  });
}
