import { assertEquals } from "@std/assert";
import { test } from "node:test";
import * as mod from "../mod.ts";

test("mod.ts exports these names and no others", () => {
  assertEquals(Object.keys(mod).sort(), [
    "AccessTokenError",
    "AuthorizationServerError",
    "formatChallenge",
    "handleOAuthAuthorizationServerRequest",
    "handleOAuthProtectedResourceRequest",
    "jwtVerifier",
    "parseChallenges",
    "protectResource",
    "protectedResourceMetadataUrl",
    "withCors",
  ]);
});
