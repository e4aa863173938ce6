/** The Express middleware with Express 5. */
import express from "express";
import { test } from "node:test";
import { timeout } from "../support/timeout.ts";
import { type Express, expressSuite } from "./express/suite.ts";

for (const { name, run } of expressSuite("Express 5", express as Express)) {
  test(name, { timeout }, run);
}
