import { assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  hasRoutedTarget,
  hasTarget,
  operationTargets,
} from "../../src/mcp/operation_targets.ts";
import type { OperationParams } from "../../src/types.ts";

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
  test(`hasTarget() is ${named} and hasRoutedTarget() ${routed} for "${method}"`, () => {
    assertEquals([hasTarget(method), hasRoutedTarget(method)], [named, routed]);
  });
}

const targets: readonly (readonly [
  why: string,
  method: string,
  params: OperationParams,
  ...targets: unknown[],
])[] = [
  ["a tool", "tools/call", { name: "a", uri: "b" }, "a"],
  ["a resource", "resources/read", { name: "a", uri: "b" }, "b"],
  ["a task", "tasks/get", { taskId: "t" }, "t"],
  ["nothing if the params name nothing", "tools/call", {}, undefined],
  ["nothing for a method without targets", "ping", { name: "a" }, undefined],
  ["whatever the client sent instead of a name", "tools/call", { name: 1 }, 1],
  ["the prompt of a completion", "completion/complete", {
    ref: { type: "ref/prompt", name: "p" },
  }, "p"],
  ["the template of a completion", "completion/complete", {
    ref: { type: "ref/resource", uri: "x:{a}" },
  }, "x:{a}"],
  [
    "both members of a reference",
    "completion/complete",
    {
      ref: { type: "ref/prompt", uri: "x:a", name: "p" },
    },
    "p",
    "x:a",
  ],
  ["the member that belongs to the other type", "completion/complete", {
    ref: { type: "ref/prompt", uri: "x:a" },
  }, "x:a"],
  [
    "nothing for a completion without a reference",
    "completion/complete",
    {},
    undefined,
  ],
  [
    "the method, and each resource",
    "subscriptions/listen",
    {
      notifications: { resourceSubscriptions: ["x:a", "x:b"] },
    },
    undefined,
    "x:a",
    "x:b",
  ],
];

for (const [why, method, params, ...expected] of targets) {
  test(`operationTargets() returns ${why}`, () => {
    assertEquals(operationTargets(method, params), expected);
  });
}
