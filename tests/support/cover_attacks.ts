/**
 * Attacks that take an open entry of a policy as cover for a guarded resource: the policy would find the open one in a
 * URI or a reference, and the server runs the other.
 *
 * @module
 */
import type { ScopePolicy } from "../../mod.ts";
import { ALL, ask, GUARDED, HAND, HARMLESS, read, type Row } from "./attack.ts";

/** What servers offer on top: a fixed resource, harmless, and templates, of which these two are guarded. */
export const OPEN = "cover://open/public";
/** Guarded by the star. */
export const UNLISTED = "cover://open/{id}";
/** Harmless, and open. */
export const LISTED = "cover://h/{id}";
/** Guarded by its own entry. */
export const HISTORY = "cover://h/{id}/history";
/** Files below a root, of which only those in `public` are harmless. The handler joins the path and stays in the root. */
export const FILES = "file:///public/{+path}";

const COVER: ScopePolicy = {
  operations: {
    "resources/read": {
      [OPEN]: [],
      [LISTED]: [],
      [HISTORY]: ["admin"],
      [FILES]: [],
      "*": ["admin"],
    },
    "completion/complete": { [HARMLESS]: [], [OPEN]: [], "*": ["admin"] },
  },
};
/** The same, without a star that would catch what nothing else does. */
const ENTRIES: ScopePolicy = {
  operations: {
    "resources/read": {
      [LISTED]: [],
      [HISTORY]: ["admin"],
      [FILES]: [],
      "file:///private/{+path}": ["admin"],
    },
  },
};
const FUNCTION: ScopePolicy = {
  operations: {
    "resources/read": ({ name }) =>
      name?.startsWith("notes://h/public/") ? [] : ["admin"],
  },
};
const LOGIN: ScopePolicy = {
  authentication: {
    operations: {
      "resources/read": { [OPEN]: {}, "*": { acr_values: ["mfa"] } },
    },
  },
};

const complete = (ref: Readonly<Record<string, string>>): unknown =>
  ask("completion/complete", {
    ref,
    argument: { name: ref.type === "ref/prompt" ? "a" : "id", value: "x" },
  });

/** What is read, by whom it is run, and the policies that have to prevent that. */
const READS: readonly (readonly [
  uri: string,
  runs: Row[1],
  ...policies: ScopePolicy[],
])[] = [
  ["cover://open/public#", ALL, COVER, LOGIN],
  ["cover://open/public#x", ALL, COVER, LOGIN],
  ["cover://open/public?", ALL, COVER, LOGIN],
  ["cover://open/public?x", ALL, COVER, LOGIN],
  ["cover://open/%70ublic", ALL, COVER, LOGIN],
  ["cover://open/publi%63", ALL, COVER, LOGIN],
  ["COVER://open/public", HAND, COVER, LOGIN],
  ["cover://open/x/../public", HAND, COVER, LOGIN],
  ["cover://open/pub\tlic", HAND, COVER, LOGIN],
  [" cover://open/public", HAND, COVER, LOGIN],

  ["cover://h/5#/history", ALL, COVER, ENTRIES],
  ["cover://h/5?/history", ALL, COVER, ENTRIES],
  ["cover://h/5?x=/history", ALL, COVER, ENTRIES],
  ["cover://h/5%2Fhistory", HAND, COVER, ENTRIES],
  ["cover://h/5//history", HAND, COVER, ENTRIES],

  ["file:///public/#/../../private/key.txt", ALL, COVER, ENTRIES],
  ["file:///public/?/../../private/key.txt", ALL, COVER, ENTRIES],
  ["file:///public/?x=/../../private/key.txt", ALL, COVER, ENTRIES],
  ["file:///public/#/%2e%2e/%2e%2e/private/key.txt", ALL, COVER, ENTRIES],
  ["file:///public/#\\..\\..\\private\\key.txt", ALL, COVER, ENTRIES],
  ["file:///public/..%2Fprivate/key.txt", ALL, COVER, ENTRIES],
  ["file:///public/..%5Cprivate%5Ckey.txt", ALL, COVER, ENTRIES],
  ["file:///public/a/..%2f..%2fprivate/key.txt", ALL, COVER, ENTRIES],
  ["file:///public/%2e%2e%2fprivate%2fkey.txt", ALL, COVER, ENTRIES],

  ["notes://h/public/../secret", ALL, FUNCTION],
  ["notes://h/public/%2E%2e/secret", ALL, FUNCTION],
  ["notes://h/public/.\t./secret", ALL, FUNCTION],
  ["notes://h/public/x/./../../secret", ALL, FUNCTION],
];

/** References in which two members name two things, and servers that go by one of them. */
const REFERENCES: readonly (readonly [
  how: string,
  runs: Row[1],
  ref: Readonly<Record<string, string>>,
])[] = [
  [
    "a prompt beside an open URI",
    ALL,
    { type: "ref/prompt", name: GUARDED, uri: OPEN },
  ],
  [
    "a template beside an open name",
    ["v1", "v2"],
    { type: "ref/resource", uri: UNLISTED, name: HARMLESS },
  ],
  [
    "a prompt as a resource with an open URI",
    HAND,
    { type: "ref/resource", uri: OPEN, name: GUARDED },
  ],
  [
    "a prompt as a resource without a URI",
    HAND,
    { type: "ref/resource", name: GUARDED },
  ],
  ["a prompt by its URI", HAND, { type: "ref/prompt", uri: GUARDED }],
];

/** An open entry as cover for a guarded one. */
export const COVER_ROWS: readonly Row[] = [
  ...READS.flatMap(([uri, runs, ...policies]) =>
    policies.map((policy, i): Row => [
      `by an open entry as cover, ${JSON.stringify(uri)}, policy ${i + 1}`,
      runs,
      read(uri),
      {},
      policy,
    ])
  ),
  ...REFERENCES.map(([how, runs, ref]): Row => [
    `by an open entry as cover, ${how}`,
    runs,
    complete(ref),
    {},
    COVER,
  ]),
];
