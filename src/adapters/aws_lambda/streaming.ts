/**
 * A Lambda function whose response streams: behind a Function URL with invoke mode `RESPONSE_STREAM`, or a REST API
 * with transfer mode `STREAM`
 * ({@link https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html | response streaming}).
 * HTTP APIs do not support streaming.
 *
 * @module
 */

import { aFunction } from "../../runtime/option_checks.ts";
import type { Handler } from "../../types.ts";
import { isVersion2 } from "./events.ts";
import { answer } from "./handler.ts";
import { headOf, type LambdaResultHead } from "./results.ts";

/** The stream to the client: the members of Node's Writable that are used. */
export interface LambdaResponseStream {
  /** Writes a chunk; false: wait for `drain` before the next one. */
  write(chunk: Uint8Array): boolean;
  /** Ends the response. */
  end(): void;
  /** Listens for `drain`, `close` and `error`. */
  on(event: "drain" | "close" | "error", listener: () => void): unknown;
}

/** The global `awslambda` of Lambda's Node.js runtime. */
export interface LambdaStreaming {
  /** Marks a function as streaming. */
  streamifyResponse(
    handler: (
      event: unknown,
      stream: LambdaResponseStream,
      context: unknown,
    ) => Promise<void>,
  ): StreamingLambdaHandler;
  /** Lambda's own stream, with status and headers. */
  readonly HttpResponseStream: {
    from(
      stream: LambdaResponseStream,
      head: LambdaResultHead,
    ): LambdaResponseStream;
  };
}

/** A streaming function, which only Lambda can call. Typed loosely, so that it fits any type of handler. */
// deno-lint-ignore no-explicit-any
export type StreamingLambdaHandler = (...args: any[]) => any;

/**
 * Like {@linkcode toLambdaHandler}, but sends the response's body as it is produced. When the client disconnects, the body
 * is cancelled. If the body fails, so does the invocation, and Lambda cuts the response off.
 *
 * @example On a Function URL
 * ```ts
 * import { type StreamingLambdaHandler, toStreamingLambdaHandler } from "@gatehouse/mcp-auth/aws-lambda";
 *
 * export function streaming(): StreamingLambdaHandler {
 *   return toStreamingLambdaHandler(() => new Response("Hello"));
 * }
 * ```
 *
 * @throws {TypeError} Outside Lambda's Node.js runtime, if `awslambda` is not given.
 */
export function toStreamingLambdaHandler(
  handler: Handler,
  awslambda: LambdaStreaming | undefined =
    (globalThis as { awslambda?: LambdaStreaming }).awslambda,
): StreamingLambdaHandler {
  aFunction(handler, "handler");
  if (awslambda === undefined) {
    throw new TypeError(
      "Cannot stream: run on Lambda's Node.js runtime, or use toLambdaHandler",
    );
  }
  const { HttpResponseStream } = awslambda;
  return awslambda.streamifyResponse((event, stream, context) =>
    answer(handler, event, context, (response) => {
      const head = headOf(response, isVersion2(event));
      return pipe(response, HttpResponseStream.from(stream, head));
    })
  );
}

/** Writes a body to Lambda's stream, no faster than the client reads. */
async function pipe(
  { body }: Response,
  stream: LambdaResponseStream,
): Promise<void> {
  const reader = body?.getReader();
  let closed = false;
  let wake = (): void => {};
  const close = (): void => {
    closed = true;
    wake();
    reader?.cancel().catch(() => {});
  };
  stream.on("drain", () => wake());
  stream.on("close", close);
  stream.on("error", close);
  // Lambda sends status and headers with the first chunk, and an empty body has none.
  stream.write(new Uint8Array());
  while (!closed) {
    const { done = true, value } = await reader?.read() ?? {};
    if (done) break;
    if (stream.write(value!) || closed) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  stream.end();
}
