#!/usr/bin/env node
/**
 * Stands for the browser of a client that is a program of its own, at a bridge: it approves, and brings the answer back.
 *
 * @module
 */

import process from "node:process";
import { approve } from "../e2e/consenting_browser.ts";

const SECONDS = 10;
const RETRY_MILLISECONDS = 100;

const { callback } = await approve(new URL(process.argv[2] ?? ""));
// A client may open the browser before it listens.
for (const end = performance.now() + SECONDS * 1000;;) {
  try {
    await (await fetch(callback)).text();
    break;
  } catch (error) {
    if (performance.now() > end) throw error;
    await new Promise((wake) => setTimeout(wake, RETRY_MILLISECONDS));
  }
}
