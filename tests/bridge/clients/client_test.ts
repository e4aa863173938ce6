import { assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  displayName,
  grantTypesOf,
} from "../../../src/bridge/clients/client.ts";

test("displayName() cuts a name after 80 characters, and none of them in two", () => {
  for (const letter of ["x", "\u{1f5d2}"]) {
    const most = letter.repeat(80);
    assertEquals(displayName(most), most);
    assertEquals(displayName(most + letter), most);
  }
  assertEquals(displayName("\u200b ".repeat(9)), undefined);
  assertEquals(displayName(1), undefined);
});

test("grantTypesOf() is what the server has of what is asked for", () => {
  assertEquals(grantTypesOf(undefined), ["authorization_code"]);
  assertEquals(grantTypesOf(["password", "refresh_token"]), ["refresh_token"]);
});
