/**
 * A handler as a Lambda function.
 *
 * @module
 */

import { checkResponse } from "../../http/handler_response.ts";
import { aFunction } from "../../runtime/option_checks.ts";
import type { Handler } from "../../types.ts";
import { isVersion2, requestOf } from "./events.ts";
import { type LambdaResult, resultOf } from "./results.ts";

/** A function behind an HTTP API, a REST API or a Function URL. */
export type LambdaHandler = (
  event: unknown,
  context?: unknown,
) => Promise<LambdaResult>;

/** The request context on Lambda. */
export interface LambdaPlatform {
  /** The event. It holds both what the client sent and what the gateway added. */
  readonly event: unknown;
  /** Lambda's context of the invocation. */
  readonly context: unknown;
  /** Keeps the function from returning, and its instance from being frozen, until the work is done. */
  waitUntil(work: Promise<unknown>): void;
}

const UNREADABLE = JSON.stringify({
  error: "invalid_request",
  error_description: "The event holds no HTTP request that can be read",
});

/**
 * Turns a handler into a Lambda function. An event without a valid HTTP request gets a 400. If the handler throws, so
 * does the function, and the gateway answers 500 or 502. The function returns when the response's body has ended and all
 * work passed to `waitUntil` is done.
 *
 * @example
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { type LambdaHandler, toLambdaHandler } from "@gatehouse/mcp-auth/aws-lambda";
 *
 * export const handler: LambdaHandler = toLambdaHandler(
 *   protectResource(() => new Response("Hello"), {
 *     metadata: {
 *       resource: "https://notes.example.com/mcp",
 *       authorization_servers: ["https://auth.example.com"],
 *     },
 *   }),
 * );
 * ```
 */
export function toLambdaHandler(handler: Handler): LambdaHandler {
  aFunction(handler, "handler");
  return (event, context) =>
    answer(
      handler,
      event,
      context,
      (response) => resultOf(response, isVersion2(event)),
    );
}

/** Calls the handler, sends its response, and waits for the work that was passed to `waitUntil`. */
export async function answer<T>(
  handler: Handler,
  event: unknown,
  context: unknown,
  send: (response: Response) => Promise<T>,
): Promise<T> {
  const work: Promise<unknown>[] = [];
  const platform: LambdaPlatform = {
    event,
    context,
    waitUntil: (promise): void => void work.push(promise),
  };
  try {
    return await send(await respond(handler, event, platform));
  } finally {
    await Promise.allSettled(work);
  }
}

async function respond(
  handler: Handler,
  event: unknown,
  platform: LambdaPlatform,
): Promise<Response> {
  let request: Request;
  try {
    request = requestOf(event);
  } catch {
    return new Response(UNREADABLE, {
      status: 400,
      headers: {
        "content-type": "application/json",
        "cache-control": "no-store",
      },
    });
  }
  return checkResponse(await handler(request, platform), "the handler");
}
