import { after, test } from "node:test";
import { contractWith } from "../contract.ts";
import { startExample, TIMEOUT_MILLISECONDS as timeout } from "./example.ts";

const { tests, stop } = contractWith(
  (variables) =>
    startExample(
      // The contract has tokens without scopes too: this authorizer lets them pass.
      { ...variables, AUTHORIZER_SCOPES: "" },
      ["deno", "run", "-A", "examples/run.ts", "aws-rest"],
    ),
  { challenges: "gateway", responses: "uninterrupted" },
);
for (const { name, run } of tests) test(name, { timeout }, run);
after(stop);
