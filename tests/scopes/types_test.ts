/**
 * What the type of a scope policy promises. `deno check` is the judge: each line below an expected error has to be one.
 *
 * @module
 */
import type {
  ProtectedResourceOptions,
  ScopePolicy,
  Scopes,
} from "../../mod.ts";
import { assertEquals } from "@std/assert";
import { test } from "node:test";

type NotesScope = "notes:read" | "notes:write";

const ALL: readonly NotesScope[] = ["notes:read", "notes:write"];

const POLICY: ScopePolicy<NotesScope> = {
  initial: ["notes:read"],
  required: [["notes:read"], ["notes:write"]],
  operations: {
    ping: [],
    "tools/list": ALL,
    "tools/call": {
      add_note: ["notes:write"],
      move_note: [["notes:write"], ["notes:read"]],
      edit_note: (_operation, { arguments: given }) =>
        given === undefined ? ["notes:read"] : ["notes:write"],
    },
    "resources/read": ({ name }) => name === undefined ? [] : ["notes:read"],
  },
  implies: { "notes:write": ["notes:read"] },
  authentication: { operations: { "tools/call": { "*": { max_age: 60 } } } },
};

/** Only what is told, and what is listed as supported, is not held to the list of another. */
const OPTIONS: ProtectedResourceOptions = {
  metadata: {
    resource: "https://notes.example.com/mcp",
    authorization_servers: ["https://auth.example.com"],
    scopes_supported: ["notes:read"],
  },
  scopes: POLICY,
};

export const INITIAL: ScopePolicy<NotesScope> = {
  // @ts-expect-error a misspelt scope that is told first
  initial: ["notes:raed"],
};

export const REQUIRED: ScopePolicy<NotesScope> = {
  // @ts-expect-error a misspelt scope that every request needs
  required: ["notes:raed"],
};

export const CHOICE: ScopePolicy<NotesScope> = {
  // @ts-expect-error a misspelt scope in a choice
  required: [["notes:read"], ["notes:wirte"]],
};

export const TOOL: ScopePolicy<NotesScope> = {
  operations: {
    // @ts-expect-error a misspelt scope for a tool
    "tools/call": {
      add_note: ["notes:wirte"],
    },
  },
};

export const METHOD: ScopePolicy<NotesScope> = {
  operations: {
    // @ts-expect-error a misspelt scope for a method
    "tools/list": ["notes:wirte"],
  },
};

export const RULE: ScopePolicy<NotesScope> = {
  operations: {
    // @ts-expect-error a misspelt scope that a function gives
    "tools/list": () => ["notes:wirte"],
  },
};

export const IMPLIED: ScopePolicy<NotesScope> = {
  implies: {
    // @ts-expect-error a misspelt scope that is implied
    "notes:write": ["notes:raed"],
  },
};

export const IMPLYING: ScopePolicy<NotesScope> = {
  implies: {
    // @ts-expect-error a misspelt scope that implies
    "notes:wirte": ["notes:read"],
  },
};

export const PARAMS: ScopePolicy = {
  operations: {
    "tools/call": (_operation, params) => {
      // @ts-expect-error the params belong to the client and to the handler
      params.name = "other";
      return [];
    },
  },
};

export const LOGIN: ScopePolicy = {
  // @ts-expect-error what is written as in a challenge
  authentication: { required: { maxAge: 60 } },
};

// @ts-expect-error scopes and lists of scopes in one list
export const MIXED: Scopes = ["a", ["b"]];

test("a policy with a type parameter is an ordinary policy at run time", () => {
  assertEquals(OPTIONS.scopes, POLICY);
});
