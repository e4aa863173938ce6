import { assertEquals } from "@std/assert";
import { test } from "node:test";
import * as mod from "../mod.ts";
import * as cli from "../src/cli/mod.ts";
import * as devIssuer from "../src/dev_issuer/mod.ts";
import * as gateway from "../src/gateway/mod.ts";
import * as bridge from "../src/bridge/mod.ts";
import * as apiKeys from "../src/api_keys/mod.ts";
import * as dpop from "../src/dpop/mod.ts";
import * as testing from "../src/testing/mod.ts";

test("mod.ts exports these names and no others", () => {
  assertEquals(Object.keys(mod).sort(), [
    "AccessTokenError",
    "AuthorizationServerError",
    "firstOf",
    "formatChallenge",
    "handleOAuthAuthorizationServerRequest",
    "handleOAuthProtectedResourceRequest",
    "introspectionVerifier",
    "jwtVerifier",
    "logDecisions",
    "parseChallenges",
    "protectResource",
    "protectResources",
    "protectedResourceMetadataUrl",
    "withCors",
  ]);
});

test("/testing exports these names and no others", () => {
  assertEquals(Object.keys(testing).sort(), [
    "answerHtml",
    "answerJson",
    "answerNever",
    "answerNothing",
    "answerRedirect",
    "answerStatus",
    "testIssuer",
    "testKey",
    "testKeyHolder",
    "testNetwork",
  ]);
});

test("/cli exports these names and no others", () => {
  assertEquals(Object.keys(cli), ["runGatehouse"]);
});

test("/dev-issuer exports these names and no others", () => {
  assertEquals(Object.keys(devIssuer), ["startDevIssuer"]);
});

test("/gateway exports these names and no others", () => {
  assertEquals(Object.keys(gateway).sort(), [
    "UpstreamError",
    "assertionKeys",
    "forwardTo",
  ]);
});

test("/bridge exports these names and no others", () => {
  assertEquals(Object.keys(bridge).sort(), [
    "atlassian",
    "denoKvStore",
    "discord",
    "entraId",
    "gitHub",
    "gitLab",
    "google",
    "memoryStore",
    "oauthBridge",
    "okta",
    "openIdConnect",
    "redisStore",
    "slack",
  ]);
});

test("/dpop exports these names and no others", () => {
  assertEquals(Object.keys(dpop), ["dpop"]);
});

test("/api-keys exports these names and no others", () => {
  assertEquals(Object.keys(apiKeys).sort(), ["apiKeyVerifier", "createApiKey"]);
});
