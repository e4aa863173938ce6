#!/usr/bin/env node
/**
 * The program that npm puts on the path as `gatehouse`. `import.meta.main` is unknown to Node.js 20 and 22.
 *
 * @module
 */

import { runGatehouse } from "./mod.ts";

await runGatehouse();
