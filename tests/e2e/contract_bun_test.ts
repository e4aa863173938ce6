import { runContract } from "../contract.ts";
import { BUN_EXAMPLE, startExample } from "./example.ts";

runContract((variables) => startExample(variables, BUN_EXAMPLE));
