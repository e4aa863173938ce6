import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ROOT } from "../runner/commands.ts";

const action = readFileSync(join(ROOT, "action.yml"), "utf8");

/** The action's script, as the workflow's shell gets it. */
const SCRIPT = action.split("      run: |\n")[1]!
  .split("\n").map((line) => line.slice(8)).join("\n");

/** Stands for npx: it writes down its arguments and a report, and ends as it is told. */
const NPX = `#!/bin/sh
printf '%s\\n' "$@" > "$RUNNER_TEMP/arguments"
printf '%s' "$WORDS"
printf '%s' "$WORDS" >&2
if [ "$STATUS" != 3 ]; then echo "# A report" > "$RUNNER_TEMP/gatehouse-doctor.md"; fi
exit "$STATUS"
`;

interface Result {
  readonly status: number | null;
  readonly args: readonly string[];
  readonly summary: string;
  readonly outputs: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the action where the doctor ends with a status. */
function runAction(
  doctorStatus: number,
  inputs: Readonly<Record<string, string>> = {},
): Result {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-action-"));
  try {
    const file = (name: string, text = ""): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    chmodSync(file("npx", NPX), 0o755);
    const summary = file("summary");
    const outputs = file("outputs");
    const args = file("arguments");
    const { status, stdout, stderr } = spawnSync(
      "bash",
      ["--noprofile", "--norc", "-eo", "pipefail", file("script", SCRIPT)],
      {
        env: {
          PATH: [folder, process.env.PATH].join(delimiter),
          RUNNER_TEMP: folder,
          GITHUB_ACTION_PATH: "/action",
          GITHUB_STEP_SUMMARY: summary,
          GITHUB_OUTPUT: outputs,
          STATUS: `${doctorStatus}`,
          WORDS: "",
          INPUT_URL: "https://notes.example.com/mcp",
          INPUT_FAIL_ON: "error",
          INPUT_ALLOW_HOST: "",
          INPUT_PACKAGE: "",
          ...inputs,
        },
        encoding: "utf8",
      },
    );
    return {
      status,
      args: readFileSync(args, "utf8").trimEnd().split("\n"),
      summary: readFileSync(summary, "utf8"),
      outputs: readFileSync(outputs, "utf8"),
      stdout,
      stderr,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `fail-on`, the doctor's status, and the action's. */
const ENDINGS: readonly (readonly [string, number, number])[] = [
  ["error", 0, 0],
  ["error", 1, 0],
  ["error", 2, 2],
  ["error", 3, 3],
  ["warning", 0, 0],
  ["warning", 1, 1],
  ["never", 2, 0],
  ["never", 3, 3],
];

for (const [failOn, doctor, status] of ENDINGS) {
  test(`the action with fail-on: ${failOn} ends with ${status} where the doctor ends with ${doctor}`, () => {
    const result = runAction(doctor, { INPUT_FAIL_ON: failOn });
    assertEquals(result.status, status);
    assertStringIncludes(result.outputs, `status=${doctor}\n`);
    assertEquals(result.summary, doctor === 3 ? "" : "# A report\n");
  });
}

test("a server's words are no commands of the workflow", () => {
  const words = "Seen: ##[set-output name=status;]0\n  ::add-mask::error";
  const printed = [0, 2].map((status) => {
    const { stdout, stderr } = runAction(status, { WORDS: words });
    assertEquals(stderr, "");
    const [, token, between] =
      /^::stop-commands::([\da-f]{32})\n([^]*)\n::\1::\n$/.exec(stdout) ?? [];
    assertEquals(between, words + words);
    return token;
  });
  assertNotEquals(printed[0], printed[1]);
});

test("the action refuses another fail-on before it runs anything", () => {
  const { status, args } = runAction(0, { INPUT_FAIL_ON: "errors" });
  assertEquals([status, args], [1, [""]]);
});

test("the action hands its inputs on as they are: none is code, and none an option", () => {
  const url = "--html=$(touch owned) `id` ; exit 0";
  const { args, outputs } = runAction(0, {
    INPUT_URL: url,
    INPUT_ALLOW_HOST: "a b",
  });
  const report = /^report=(.*)$/m.exec(outputs)?.[1];
  assertEquals(args, [
    "-y",
    args[1] ?? "",
    "run",
    "-A",
    "/action/src/cli/mod.ts",
    "doctor",
    "--markdown",
    report ?? "",
    "--allow-host",
    "a b",
    "--",
    url,
  ]);
  assertMatch(args[1] ?? "", /^deno@\d+\.\d+\.\d+$/);
});

test("the action runs a package by npx if one is given", () => {
  const { args } = runAction(0, { INPUT_PACKAGE: "@gatehouse/mcp-auth@1" });
  assertEquals(args.slice(0, 5), [
    "-y",
    "-p",
    "@gatehouse/mcp-auth@1",
    "gatehouse",
    "doctor",
  ]);
});

test("the action's script has its inputs from the environment alone", () => {
  assertEquals(SCRIPT.includes("${{"), false);
});
