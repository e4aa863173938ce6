import { after, test } from "node:test";
import process from "node:process";
import { contractWith } from "../contract.ts";
import { startExample, TIMEOUT_MILLISECONDS as timeout } from "./example.ts";

/** The oldest Node that runs the example as it is. */
const NODE = `node-${process.platform}-${process.arch}@22.23.3`;

const { tests, stop } = contractWith((variables) =>
  startExample(
    variables,
    ["npx", "-y", "-p", NODE, "node", "examples/node.ts"],
  )
);
for (const { name, run } of tests) test(name, { timeout }, run);
after(stop);
