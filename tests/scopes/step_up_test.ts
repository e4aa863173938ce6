import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  checkUserAuthentication,
  comparedLogins,
  joined,
  satisfies,
  type UserAuthentication,
} from "../../src/scopes/step_up.ts";

const NOW = 1_800_000_000;
const TOLERANCE = 30;

const logins: readonly (readonly [
  why: string,
  claims: Readonly<Record<string, unknown>>,
  asked: readonly UserAuthentication[],
  enough: boolean,
])[] = [
  ["nothing is asked", {}, [], true],
  ["what is asked asks for nothing", {}, [{}], true],
  ["the login is of the kind", { acr: "a" }, [{ acr_values: ["a"] }], true],
  [
    "it is of one of the kinds",
    { acr: "b" },
    [{ acr_values: ["a", "b"] }],
    true,
  ],
  ["it is of a kind that both ask for", { acr: "b" }, [
    { acr_values: ["a", "b"] },
    { acr_values: ["b", "c"] },
  ], true],
  [
    "it is as old as may be",
    { auth_time: NOW - 300 },
    [{ max_age: 300 }],
    true,
  ],
  [
    "it is older by the tolerance",
    { auth_time: NOW - 330 },
    [{ max_age: 300 }],
    true,
  ],
  ["it is of now", { auth_time: NOW }, [{ max_age: 0 }], true],
  [
    "it is of a clock that is ahead",
    { auth_time: NOW + 30 },
    [{ max_age: 0 }],
    true,
  ],
  [
    "both do",
    { acr: "a", auth_time: NOW },
    [{ acr_values: ["a"], max_age: 0 }],
    true,
  ],

  ["no kind is told", {}, [{ acr_values: ["a"] }], false],
  ["it is of another kind", { acr: "b" }, [{ acr_values: ["a"] }], false],
  ["its kind has other letters", { acr: "A" }, [{ acr_values: ["a"] }], false],
  [
    "its kind only begins so",
    { acr: "a b" },
    [{ acr_values: ["a", "b"] }],
    false,
  ],
  ["its kind is a list", { acr: ["a"] }, [{ acr_values: ["a"] }], false],
  ["its kind is one for one of two", { acr: "a" }, [
    { acr_values: ["a", "b"] },
    { acr_values: ["b", "c"] },
  ], false],
  ["no time is told", {}, [{ max_age: 300 }], false],
  ["it is too old", { auth_time: NOW - 331 }, [{ max_age: 300 }], false],
  ["it is too old for one of two", { auth_time: NOW - 400 }, [
    { max_age: 900 },
    { max_age: 300 },
  ], false],
  ["it is yet to come", { auth_time: NOW + 31 }, [{ max_age: 300 }], false],
  ["its time is text", { auth_time: `${NOW}` }, [{ max_age: 300 }], false],
  ["its time is null", { auth_time: null }, [{ max_age: 300 }], false],
  ["its time is no number", { auth_time: NaN }, [{ max_age: 300 }], false],
  [
    "its time is beyond all",
    { auth_time: Infinity },
    [{ max_age: 300 }],
    false,
  ],
  ["its time was never", { auth_time: -Infinity }, [{ max_age: 300 }], false],
  [
    "only its kind does",
    { acr: "a" },
    [{ acr_values: ["a"], max_age: 9 }],
    false,
  ],
  ["only its time does", { auth_time: NOW }, [{
    acr_values: ["a"],
    max_age: 9,
  }], false],
];

for (const [why, claims, asked, enough] of logins) {
  test(`satisfies() is ${enough} where ${why}`, () => {
    assertEquals(satisfies(claims, asked, NOW, TOLERANCE), enough);
  });
}

const joins: readonly (readonly [
  why: string,
  asked: readonly UserAuthentication[],
  one: UserAuthentication,
])[] = [
  ["nothing of nothing", [], {}],
  ["nothing of what asks for nothing", [{}, {}], {}],
  ["what one asks for", [{}, { acr_values: ["b", "a"], max_age: 5 }], {
    acr_values: ["b", "a"],
    max_age: 5,
  }],
  ["the shortest time", [{ max_age: 9 }, { max_age: 0 }, { max_age: 5 }], {
    max_age: 0,
  }],
  ["the kinds that all ask for, in the first one's order", [
    { acr_values: ["c", "b", "a"] },
    { acr_values: ["a", "b"] },
    { max_age: 5 },
  ], { acr_values: ["b", "a"], max_age: 5 }],
  ["the first one's kinds, where no login could do", [
    { acr_values: ["a"] },
    { acr_values: ["b"] },
  ], { acr_values: ["a"] }],
];

for (const [why, asked, one] of joins) {
  test(`joined() is ${why}`, () => assertEquals(joined(asked), one));
}

const refused:
  readonly (readonly [why: string, asked: object, message: string])[] = [
    ["kinds that are none", { acr_values: [] }, "here.acr_values: list"],
    ["kinds that are text", { acr_values: "a" }, "here.acr_values: list"],
    ["two kinds in one", { acr_values: ["a b"] }, "here.acr_values: list"],
    [
      "a kind that is no text",
      { acr_values: [["a b"]] },
      "here.acr_values: list",
    ],
    ["an age that is text", { max_age: "300" }, "here.max_age: write whole"],
    ["an age before the login", { max_age: -1 }, "here.max_age: write whole"],
    ["a part of a second", { max_age: 0.5 }, "here.max_age: write whole"],
    ["an age without end", { max_age: Infinity }, "here.max_age: write whole"],
    [
      "a member in other words",
      { maxAge: 300 },
      "Cannot use here.maxAge: did you mean max_age?",
    ],
  ];

for (const [why, asked, message] of refused) {
  test(`checkUserAuthentication() refuses ${why}`, () => {
    assertThrows(
      () => checkUserAuthentication(asked, "here"),
      TypeError,
      message,
    );
  });
}

test("checkUserAuthentication() rejects one wrong kind among several", () => {
  for (const acr_values of [["a", "b c"], ["b c", "a"]]) {
    assertThrows(() => checkUserAuthentication({ acr_values }, "here"));
  }
});

/** What is asked of a login, the claims, and both for the log. */
const compared: readonly (readonly [
  asked: UserAuthentication,
  claims: Readonly<Record<string, unknown>>,
  expected: readonly string[],
  received: readonly string[],
])[] = [
  [{}, {}, [], []],
  [{ acr_values: ["a", "b"] }, {}, ["acr a", "acr b"], []],
  [{ max_age: 0 }, {}, ["max_age 0"], []],
  [{}, { acr: "c" }, [], ["acr c"]],
  [{}, { auth_time: 5 }, [], ["auth_time 5"]],
];

for (const [asked, claims, expected, received] of compared) {
  test(`comparedLogins() returns ${expected} and ${received}`, () => {
    assertEquals(comparedLogins(asked, claims), { expected, received });
  });
}

test("checkUserAuthentication() gives back what can be asked", () => {
  for (const asked of [{}, { acr_values: ["urn:a"], max_age: 0 }]) {
    assertEquals(checkUserAuthentication(asked, "here"), asked);
  }
});
