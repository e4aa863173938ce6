import { after, test } from "node:test";
import { contractWith } from "../contract.ts";
import { startExample, TIMEOUT_MILLISECONDS as timeout } from "./example.ts";

for (const era of ["legacy", "modern"] as const) {
  const { tests, stop } = contractWith(
    (variables) =>
      startExample(
        variables,
        ["deno", "run", "-A", "examples/run.ts", "modern"],
      ),
    { era },
  );
  for (const { name, run } of tests) test(`${era}: ${name}`, { timeout }, run);
  after(stop);
}
