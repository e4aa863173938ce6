/**
 * A Lambda function whose response streams: behind a Function URL with invoke mode `RESPONSE_STREAM`, or a REST API
 * with transfer mode `STREAM`
 * ({@link https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html | response streaming}).
 * HTTP APIs do not support streaming.
 *
 * @module
 */

import {
  aFunction,
  checkOptions,
  mustBe,
  type OptionShape,
} from "../../runtime/option_checks.ts";
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

/** When a streaming function ends a response by itself. */
export interface StreamingLambdaOptions {
  /**
   * How long a response may be silent: if its body produces nothing, or Lambda accepts nothing, for that many seconds, the
   * body is cancelled and the response ends regularly. From above 0 to 900, the longest timeout of a function. Default: no
   * limit but the function's timeout.
   */
  readonly silenceSeconds?: number | undefined;
}

const SHAPE: OptionShape<StreamingLambdaOptions> = {
  members: {
    silenceSeconds: mustBe(
      (value) => typeof value === "number" && value > 0 && value <= 900,
      "use a number of seconds above 0, up to 900",
    ),
  },
};

/**
 * Like {@linkcode toLambdaHandler}, but sends the response's body as it is produced. If the body fails, so does the
 * invocation, and Lambda cuts the response off.
 *
 * Lambda does not interrupt a response whose client has disconnected: the function runs on, and is billed, until the body
 * ends or the function's timeout
 * ({@link https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html | response streaming}).
 * Configure a short timeout, and `silenceSeconds` if an event stream can wait for long. If Lambda's stream closes or fails,
 * the body is cancelled.
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
 * @example A silent event stream ends after a minute
 * ```ts
 * import { type StreamingLambdaHandler, toStreamingLambdaHandler } from "@gatehouse/mcp-auth/aws-lambda";
 *
 * export function streaming(): StreamingLambdaHandler {
 *   return toStreamingLambdaHandler(() => new Response("Hello"), undefined, {
 *     silenceSeconds: 60,
 *   });
 * }
 * ```
 *
 * @throws {TypeError} Outside Lambda's Node.js runtime, if `awslambda` is not given, or if an option is invalid.
 */
export function toStreamingLambdaHandler(
  handler: Handler,
  awslambda: LambdaStreaming | undefined =
    (globalThis as { awslambda?: LambdaStreaming }).awslambda,
  options: StreamingLambdaOptions = {},
): StreamingLambdaHandler {
  aFunction(handler, "handler");
  checkOptions(options, "", SHAPE);
  if (awslambda === undefined) {
    throw new TypeError(
      "Cannot stream: run on Lambda's Node.js runtime, or use toLambdaHandler",
    );
  }
  const { HttpResponseStream } = awslambda;
  return awslambda.streamifyResponse((event, stream, context) =>
    answer(handler, event, context, (response) => {
      const head = headOf(response, isVersion2(event));
      return pipe(response, HttpResponseStream.from(stream, head), options);
    })
  );
}

/** Writes a body to Lambda's stream, with backpressure. */
async function pipe(
  { body }: Response,
  stream: LambdaResponseStream,
  { silenceSeconds }: StreamingLambdaOptions,
): Promise<void> {
  const reader = body?.getReader();
  let closed = false;
  let wake = (): void => {};
  let silence: ReturnType<typeof setTimeout> | undefined;
  const listen = (): void => {
    clearTimeout(silence);
    if (silenceSeconds === undefined) return;
    silence = setTimeout(close, silenceSeconds * 1000);
  };
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
  try {
    while (!closed) {
      listen();
      const { done = true, value } = await reader?.read() ?? {};
      if (done) break;
      if (stream.write(value!) || closed) continue;
      listen();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    clearTimeout(silence);
  }
  stream.end();
}
