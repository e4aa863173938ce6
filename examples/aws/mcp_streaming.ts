/**
 * The notes MCP server as a function whose responses stream, behind a REST API with transfer mode `STREAM`.
 *
 * @module
 */

import {
  type StreamingLambdaHandler,
  toStreamingLambdaHandler,
} from "@gatehouse/mcp-auth/aws-lambda";
import { site } from "./site.ts";

// Lambda does not say that a client has left: a silent stream would run, and be billed, until the function's timeout.
export const handler: StreamingLambdaHandler = toStreamingLambdaHandler(
  site,
  undefined,
  { silenceSeconds: 60 },
);
