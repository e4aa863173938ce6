/**
 * The notes MCP server as a function whose responses are buffered.
 *
 * @module
 */

import {
  type LambdaHandler,
  toLambdaHandler,
} from "@gatehouse/mcp-auth/aws-lambda";
import { site } from "./site.ts";

export const handler: LambdaHandler = toLambdaHandler(site);
