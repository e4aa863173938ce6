/**
 * The `gatehouse` command: examines MCP servers, guards one in any language, and issues tokens for development.
 *
 * From npm: `npx -p @gatehouse/mcp-auth gatehouse --help`. From JSR: `deno run -A jsr:@gatehouse/mcp-auth/cli --help`.
 *
 * @module
 */

/**
 * Runs the command. It sets the exit status of the process, or ends it: with 0 if all is well, with 1 and one line on
 * stderr if an argument cannot be used. `gatehouse doctor` has more (see `gatehouse doctor --help`).
 *
 * @param args The arguments after the program's name. Default: those of the process.
 */
export async function runGatehouse(args?: readonly string[]): Promise<void> {
  // The library does not depend on a runtime's modules; the command does.
  const { run } = await import("./run.ts");
  await run(args);
}

if ((import.meta as { readonly main?: boolean }).main) {
  // Not awaited here: this module may be imported where that is not allowed.
  runGatehouse();
}
