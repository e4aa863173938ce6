import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { NOT_JUDGED, parseJunit, tallyOf, type TestResult } from "./junit.ts";

/** What each runner says of one file: a test, a failing one, a skipped one, and two in groups. */
const reports: readonly [runner: string, xml: string][] = [
  [
    "Deno",
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="8" failures="2" errors="0" time="0.2">
    <testsuite name="./tests/a_test.ts" tests="4" disabled="1" errors="0" failures="2">
        <testcase name="reads &lt;a&gt; &amp; &quot;b&quot;" classname="./tests/a_test.ts" time="0.001" line="3" col="1">
        </testcase>
        <testcase name="bad" classname="./tests/a_test.ts" time="0.001" line="4" col="1">
            <failure message="Uncaught AssertionError: 1 == 2">AssertionError: &lt;testcase name=&quot;no&quot;/&gt;</failure>
        </testcase>
        <testcase name="skipped" classname="./tests/a_test.ts" time="0.000" line="5" col="6">
            <skipped/>
        </testcase>
        <testcase name="group" classname="./tests/a_test.ts" time="0.002" line="7" col="1">
            <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
    </testsuite>
    <testsuite name="ext:deno_node/testing.ts" tests="3" disabled="0" errors="0" failures="1">
        <testcase name="group &gt; one" classname="ext:deno_node/testing.ts" time="0.001" line="1" col="23191">
            <failure message="x">TypeError: x</failure>
        </testcase>
        <testcase name="group &gt; inner" classname="ext:deno_node/testing.ts" time="0.001" line="1" col="21231">
        </testcase>
        <testcase name="group &gt; inner &gt; two" classname="ext:deno_node/testing.ts" time="0.000" line="1" col="21231">
        </testcase>
    </testsuite>
</testsuites>`,
  ],
  [
    "Bun",
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="5" assertions="0" failures="2" skipped="1" time="0.02">
  <testsuite name="tests/a_test.ts" file="tests/a_test.ts" tests="5" assertions="0" failures="2" skipped="1" time="0.002" hostname="vm">
    <testcase name="reads &lt;a&gt; &amp; &quot;b&quot;" classname="" time="0.000038" file="tests/a_test.ts" line="3" assertions="0" />
    <testcase name="bad" classname="" time="0.000987" file="tests/a_test.ts" line="4" assertions="0">
      <failure type="AssertionError" message="Expected:&#10;&#10;1 !== 2">AssertionError</failure>
    </testcase>
    <testcase name="skipped" classname="" time="0" file="tests/a_test.ts" line="5" assertions="0">
      <skipped />
    </testcase>
    <testsuite name="group" file="tests/a_test.ts" line="7" tests="2" assertions="0" failures="1" skipped="0" time="0" hostname="vm">
      <testcase name="one" classname="group" time="0.000029" file="tests/a_test.ts" line="9" assertions="0">
        <failure type="TypeError" message="x">TypeError: x</failure>
      </testcase>
      <testsuite name="inner" file="tests/a_test.ts" line="11" tests="1" assertions="0" failures="0" skipped="0" time="0" hostname="vm">
        <testcase name="two" classname="inner &gt; group" time="0.00002" file="tests/a_test.ts" line="11" assertions="0" />
      </testsuite>
    </testsuite>
  </testsuite>
</testsuites>`,
  ],
  [
    "Node",
    `<?xml version="1.0" encoding="utf-8"?>
<testsuites>
	<testcase name="reads &lt;a> &amp;amp; &amp;quot;b&amp;quot;" time="0.000929" classname="test" file="/repo/tests/a_test.ts"/>
	<testcase name="bad" time="0.001110" classname="test" file="/repo/tests/a_test.ts" failure="1 !== 2">
		<failure type="testCodeFailure" message="1 !== 2">
[Error [ERR_TEST_FAILURE]: 1 !== 2] { code: 'ERR_TEST_FAILURE' }
		</failure>
	</testcase>
	<testcase name="skipped" time="0.000241" classname="test" file="/repo/tests/a_test.ts">
		<skipped type="skipped" message="true"/>
	</testcase>
	<testsuite name="group" time="0.002289" disabled="0" errors="0" tests="2" failures="1" skipped="0" hostname="vm">
		<testcase name="one" time="0.000226" classname="group" file="/repo/tests/a_test.ts" failure="x">
			<failure type="testCodeFailure" message="x">
[Error [ERR_TEST_FAILURE]: x]
			</failure>
		</testcase>
		<testsuite name="inner" time="0.001012" disabled="0" errors="0" tests="1" failures="0" skipped="0" hostname="vm">
			<testcase name="two" time="0.000676" classname="group.inner" file="/repo/tests/a_test.ts"/>
		</testsuite>
	</testsuite>
	<testcase name="tests/empty_test.ts" time="0.084049" classname="test" file="/repo/tests/empty_test.ts"/>
	<!-- tests 6 -->
</testsuites>`,
  ],
];

const results: readonly TestResult[] = [
  { file: "tests/a_test.ts", name: 'reads <a> & "b"', outcome: "passed" },
  { file: "tests/a_test.ts", name: "bad", outcome: "failed" },
  { file: "tests/a_test.ts", name: "skipped", outcome: "skipped" },
  { file: "tests/a_test.ts", name: "group > one", outcome: "failed" },
  { file: "tests/a_test.ts", name: "group > inner > two", outcome: "passed" },
];

for (const [runner, xml] of reports) {
  test(`parseJunit() reads ${runner}'s report`, () => {
    assertEquals(parseJunit(xml, fromRepository), results);
  });
}

test("parseJunit() keeps a file that Node could not load", () => {
  const xml =
    `<testsuites><testcase name="tests/c_test.ts" classname="test" file="/repo/tests/c_test.ts" failure="test failed">
      <failure type="testCodeFailure" message="test failed">'test failed'</failure></testcase></testsuites>`;
  assertEquals(parseJunit(xml, fromRepository), [
    { file: "tests/c_test.ts", name: "tests/c_test.ts", outcome: "failed" },
  ]);
});

function fromRepository(file: string): string {
  return file.replace(/^(\/repo\/|\.\/)/, "");
}

const unjudged = `${NOT_JUDGED}: there are no vectors`;
const counted: readonly [
  why: string,
  name: string,
  outcome: TestResult["outcome"],
  passed: number,
  failed: number,
][] = [
  ["a test that passed", "reads", "passed", 1, 0],
  ["a test that failed", "reads", "failed", 0, 1],
  ["a skipped test as a failed one", "reads", "skipped", 0, 1],
  ["a placeholder as neither", unjudged, "passed", 0, 0],
  ["a placeholder that failed", unjudged, "failed", 0, 1],
];

for (const [why, name, outcome, passed, failed] of counted) {
  test(`tallyOf() counts ${why}`, () => {
    const tally = tallyOf([{ file: "tests/a_test.ts", name, outcome }]);
    assertEquals(tally, { passed, failed });
  });
}
