import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  checkUserAuthentication,
  comparedLogins,
  meetsAuthentication,
  mergeRequirements,
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
  ["nothing is required", {}, [], true],
  ["an empty requirement is made", {}, [{}], true],
  ["acr is the required value", { acr: "a" }, [{ acr_values: ["a"] }], true],
  [
    "acr is one of the values",
    { acr: "b" },
    [{ acr_values: ["a", "b"] }],
    true,
  ],
  ["acr is a value of both requirements", { acr: "b" }, [
    { acr_values: ["a", "b"] },
    { acr_values: ["b", "c"] },
  ], true],
  [
    "the login has the maximum age",
    { auth_time: NOW - 300 },
    [{ max_age: 300 }],
    true,
  ],
  [
    "the login is older by the tolerance",
    { auth_time: NOW - 330 },
    [{ max_age: 300 }],
    true,
  ],
  ["the login is of now", { auth_time: NOW }, [{ max_age: 0 }], true],
  [
    "the clock of the issuer is ahead by the tolerance",
    { auth_time: NOW + 30 },
    [{ max_age: 0 }],
    true,
  ],
  [
    "acr and age are enough",
    { acr: "a", auth_time: NOW },
    [{ acr_values: ["a"], max_age: 0 }],
    true,
  ],

  ["acr is missing", {}, [{ acr_values: ["a"] }], false],
  ["acr is another value", { acr: "b" }, [{ acr_values: ["a"] }], false],
  ["acr differs in case", { acr: "A" }, [{ acr_values: ["a"] }], false],
  [
    "acr only begins with a value",
    { acr: "a b" },
    [{ acr_values: ["a", "b"] }],
    false,
  ],
  ["acr is an array", { acr: ["a"] }, [{ acr_values: ["a"] }], false],
  ["acr is a value of one of two requirements", { acr: "a" }, [
    { acr_values: ["a", "b"] },
    { acr_values: ["b", "c"] },
  ], false],
  ["auth_time is missing", {}, [{ max_age: 300 }], false],
  ["the login is too old", { auth_time: NOW - 331 }, [{ max_age: 300 }], false],
  [
    "the login is too old for one of two requirements",
    { auth_time: NOW - 400 },
    [
      { max_age: 900 },
      { max_age: 300 },
    ],
    false,
  ],
  [
    "auth_time is in the future",
    { auth_time: NOW + 31 },
    [{ max_age: 300 }],
    false,
  ],
  ["auth_time is a string", { auth_time: `${NOW}` }, [{ max_age: 300 }], false],
  ["auth_time is null", { auth_time: null }, [{ max_age: 300 }], false],
  ["auth_time is NaN", { auth_time: NaN }, [{ max_age: 300 }], false],
  [
    "auth_time is Infinity",
    { auth_time: Infinity },
    [{ max_age: 300 }],
    false,
  ],
  [
    "auth_time is -Infinity",
    { auth_time: -Infinity },
    [{ max_age: 300 }],
    false,
  ],
  [
    "only acr is enough",
    { acr: "a" },
    [{ acr_values: ["a"], max_age: 9 }],
    false,
  ],
  ["only the age is enough", { auth_time: NOW }, [{
    acr_values: ["a"],
    max_age: 9,
  }], false],
];

for (const [why, claims, asked, enough] of logins) {
  test(`meetsAuthentication() is ${enough} if ${why}`, () => {
    assertEquals(meetsAuthentication(claims, asked, NOW, TOLERANCE), enough);
  });
}

const joins: readonly (readonly [
  why: string,
  asked: readonly UserAuthentication[],
  one: UserAuthentication,
])[] = [
  ["nothing for no requirements", [], {}],
  ["nothing for empty requirements", [{}, {}], {}],
  ["the only requirement", [{}, { acr_values: ["b", "a"], max_age: 5 }], {
    acr_values: ["b", "a"],
    max_age: 5,
  }],
  [
    "the smallest maximum age",
    [{ max_age: 9 }, { max_age: 0 }, { max_age: 5 }],
    {
      max_age: 0,
    },
  ],
  ["the values in all requirements, in the order of the first", [
    { acr_values: ["c", "b", "a"] },
    { acr_values: ["a", "b"] },
    { max_age: 5 },
  ], { acr_values: ["b", "a"], max_age: 5 }],
  ["the first values, if no login could meet all requirements", [
    { acr_values: ["a"] },
    { acr_values: ["b"] },
  ], { acr_values: ["a"] }],
];

for (const [why, asked, one] of joins) {
  test(`mergeRequirements() is ${why}`, () =>
    assertEquals(mergeRequirements(asked), one));
}

const refused:
  readonly (readonly [why: string, asked: object, message: string])[] = [
    ["an empty acr_values", { acr_values: [] }, "here.acr_values: list"],
    ["a string for acr_values", { acr_values: "a" }, "here.acr_values: list"],
    [
      "two values in one string",
      { acr_values: ["a b"] },
      "here.acr_values: list",
    ],
    [
      "a value that is not a string",
      { acr_values: [["a b"]] },
      "here.acr_values: list",
    ],
    ["a string for max_age", { max_age: "300" }, "here.max_age: write whole"],
    ["a negative age", { max_age: -1 }, "here.max_age: write whole"],
    ["a fraction of a second", { max_age: 0.5 }, "here.max_age: write whole"],
    ["an infinite age", { max_age: Infinity }, "here.max_age: write whole"],
    [
      "a misspelt member",
      { maxAge: 300 },
      "Cannot use here.maxAge: did you mean max_age?",
    ],
  ];

for (const [why, asked, message] of refused) {
  test(`checkUserAuthentication() rejects ${why}`, () => {
    assertThrows(
      () => checkUserAuthentication(asked, "here"),
      TypeError,
      message,
    );
  });
}

test("checkUserAuthentication() rejects one invalid value among valid ones", () => {
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

test("checkUserAuthentication() returns valid requirements", () => {
  for (const asked of [{}, { acr_values: ["urn:a"], max_age: 0 }]) {
    assertEquals(checkUserAuthentication(asked, "here"), asked);
  }
});
