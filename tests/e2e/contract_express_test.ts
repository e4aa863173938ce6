import { after, test } from "node:test";
import { contractWith } from "../contract.ts";
import { startExample, TIMEOUT_MILLISECONDS as timeout } from "./example.ts";

const { tests, stop } = contractWith(
  (variables) =>
    startExample(variables, [
      "deno",
      "run",
      "-A",
      "examples/run.ts",
      "express",
    ]),
);
for (const { name, run } of tests) test(name, { timeout }, run);
after(stop);
