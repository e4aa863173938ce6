// On Deno, Bun and Node: every subpath that the arguments name is there, the guard guards, and the issuer issues.
import process from "node:process";
import { check } from "./consumer.js";
import { checkLogin } from "./login.js";

for (const subpath of process.argv.slice(2)) {
  const names = Object.keys(await import(subpath));
  if (names.length === 0) throw new Error(`${subpath} exports nothing`);
}
await check();
await checkLogin();
