/**
 * The function that API Gateway asks about every request for the notes. Behind an HTTP API it only passes on what it
 * finds (`REFUSALS=forward`), and the function behind it answers; behind a REST API it refuses by itself.
 *
 * @module
 */

import {
  type LambdaAuthorizer,
  lambdaAuthorizer,
} from "@gatehouse/mcp-auth/aws-lambda";
import process from "node:process";
import { readMetadata } from "./configuration.ts";

export const handler: LambdaAuthorizer = lambdaAuthorizer({
  metadata: readMetadata(),
  refusals: process.env.REFUSALS === "forward" ? "forward" : "deny",
});
