import { after, test } from "node:test";
import { contractWith } from "../contract.ts";
import {
  BUN_EXAMPLE,
  startExample,
  TIMEOUT_MILLISECONDS as timeout,
} from "./example.ts";

const { tests, stop } = contractWith((variables) =>
  startExample(variables, BUN_EXAMPLE)
);
for (const { name, run } of tests) test(name, { timeout }, run);
after(stop);
