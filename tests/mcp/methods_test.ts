import { assertThrows } from "@std/assert";
import { test } from "node:test";
import { checkMethodName } from "../../src/mcp/methods.ts";

/** Names of methods in a policy, and what was meant by the misspelt ones. */
const misspelt: readonly (readonly [name: string, meant: string])[] = [
  ["tool/call", "tools/call"],
  ["tools/Call", "tools/call"],
  ["Tools/Call", "tools/call"],
  ["tools.call", "tools/call"],
  ["tools_call", "tools/call"],
  ["toolsCall", "tools/call"],
  ["tools/call/", "tools/call"],
  [" tools/call", "tools/call"],
  ["tools/cal", "tools/call"],
  ["tool/list", "tools/list"],
  ["callTool", "tools/call"],
  ["call_tool", "tools/call"],
  ["call_tools", "tools/call"],
  ["readResource", "resources/read"],
  ["resource/read", "resources/read"],
  ["resources/templates/lists", "resources/templates/list"],
  ["prompt/get", "prompts/get"],
  ["promptsGet", "prompts/get"],
  ["completions/complete", "completion/complete"],
  ["logging/setlevel", "logging/setLevel"],
  ["sampling/create_message", "sampling/createMessage"],
  ["Initialize", "initialize"],
  ["initialise", "initialize"],
];

for (const [name, meant] of misspelt) {
  test(`checkMethodName() refuses ${JSON.stringify(name)}, and names ${meant}`, () => {
    assertThrows(
      () => checkMethodName(name, "here"),
      TypeError,
      `Cannot use here["${name}"]: did you mean ${meant}?`,
    );
  });
}

/** Methods of MCP, and those that a server may have beside them. */
const passed = [
  "tools/call",
  "tools/list",
  "roots/list",
  "tasks/list",
  "ping",
  "server/discover",
  "notifications/initialized",
  "*",
  "acme/search",
  "acme/tools/call",
  "tools/search",
  "tasks/delete",
  "prompts/set",
  "logging/getLevel",
  "resources/write",
  "custom",
];

for (const name of passed) {
  test(`checkMethodName() passes ${name}`, () => checkMethodName(name, "here"));
}
