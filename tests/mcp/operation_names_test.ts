import { assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  isNamed,
  isRouted,
  lookupName,
} from "../../src/mcp/operation_names.ts";

const methods: readonly (readonly [
  method: string,
  named: boolean,
  routed: boolean,
])[] = [
  ["tools/call", true, true],
  ["prompts/get", true, true],
  ["resources/read", true, true],
  ["resources/subscribe", true, true],
  ["resources/unsubscribe", true, true],
  ["tasks/get", true, true],
  ["tasks/update", true, true],
  ["tasks/cancel", true, true],
  ["tasks/result", true, true],
  ["completion/complete", true, false],
  ["subscriptions/listen", true, false],
  ["tools/list", false, false],
  ["tasks/list", false, false],
  ["Tools/Call", false, false],
  ["toString", false, false],
  ["", false, false],
];

for (const [method, named, routed] of methods) {
  test(`isNamed() is ${named} and isRouted() ${routed} for "${method}"`, () => {
    assertEquals([isNamed(method), isRouted(method)], [named, routed]);
  });
}

/** URIs that are looked up as one: code behind the SDK may take each for the other. */
const same: readonly (readonly [why: string, uri: string, key: string])[] = [
  ["a scheme in capitals", "NOTES://h/a", "notes://h/a"],
  ["a dot segment", "notes://h/b/../a", "notes://h/a"],
  ["an escaped dot segment", "notes://h/b/%2E%2e/a", "notes://h/a"],
  ["an escaped letter", "notes://h/%61", "notes://h/a"],
  ["an escaped letter in an opaque path", "notes:%61", "notes:a"],
  ["an escaped dot in a name", "notes://h/a%2Eb", "notes://h/a.b"],
  ["an escaped letter in a host", "notes://%68/a", "notes://h/a"],
  ["another case of an escape", "notes://h/%c3%a9%2f", "notes://h/%C3%A9%2F"],
  ["what has to be escaped", "notes://h/é b", "notes://h/%C3%A9%20b"],
  ["a fragment", "notes://h/a#b", "notes://h/a"],
  ["an empty fragment", "notes://h/a#", "notes://h/a"],
  ["an empty query", "notes://h/a?", "notes://h/a"],
  ["an empty query and a fragment", "notes://h/a?#?", "notes://h/a"],
  ["a default port", "https://h:443/a", "https://h/a"],
  ["white space around", "\t notes://h/a\n", "notes://h/a"],
];

for (const [why, uri, key] of same) {
  test(`lookupName() sees through ${why}`, () => {
    assertEquals(lookupName("resources/read", uri), key);
    assertEquals(lookupName("subscriptions/listen", uri), key);
    assertEquals(lookupName("resources/read", key), key);
  });
}

const different: readonly (readonly [why: string, uri: string])[] = [
  ["a query", "notes://h/a?b"],
  ["an escaped slash", "notes://h/b%2Fa"],
  ["an escaped percent sign", "notes://h/%2561"],
  ["another case", "notes://h/A"],
  ["another host", "notes://H/a"],
  ["a slash more", "notes://h/a/"],
  ["what is no URI", "notes"],
];

for (const [why, uri] of different) {
  test(`lookupName() keeps ${why}`, () => {
    assertEquals(lookupName("resources/read", uri), uri);
  });
}

test("lookupName() leaves what is no resource as it is", () => {
  for (
    const method of [
      "tools/call",
      "prompts/get",
      "completion/complete",
      "tasks/get",
    ]
  ) {
    assertEquals(lookupName(method, "A://B/../%61#c"), "A://B/../%61#c");
  }
});
