#!/usr/bin/env node
/**
 * Stands for the browser of a client that is a program of its own: it is called with the authorization URL, and brings
 * the answer back to the client. Nobody has to sign in, since the authorization server approves by itself.
 *
 * @module
 */

import process from "node:process";

const SECONDS = 10;
const RETRY_MILLISECONDS = 100;

const { headers } = await fetch(process.argv[2] ?? "", { redirect: "manual" });
const callback = headers.get("location") ?? "";
// A client may open the browser before it listens. A person would load the page again, and so does this.
for (const end = performance.now() + SECONDS * 1000;;) {
  try {
    await (await fetch(callback)).text();
    break;
  } catch (error) {
    if (performance.now() > end) throw error;
    await new Promise((wake) => setTimeout(wake, RETRY_MILLISECONDS));
  }
}
