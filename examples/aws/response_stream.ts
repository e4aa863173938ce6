/**
 * Lambda's response streaming on this machine: the global `awslambda` of its Node.js runtime, and what a REST API reads
 * from the stream: metadata as JSON, eight bytes of zero, and the body
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html}).
 *
 * @module
 */

import type {
  LambdaResponseStream,
  LambdaResultHead,
  LambdaStreaming,
} from "@gatehouse/mcp-auth/aws-lambda";

/** A function that writes its response to a stream. */
export type StreamingFunction = (
  event: unknown,
  stream: LambdaResponseStream,
  context: unknown,
) => Promise<void>;

/** Status and headers have to be complete within the first 16 KB. */
const MAX_HEAD_BYTES = 16 * 1024;
const DELIMITER_BYTES = 8;

/** The global of Lambda's Node.js runtime. */
export const awslambda: LambdaStreaming = {
  streamifyResponse: (handler) => handler,
  HttpResponseStream: {
    from(stream, head): LambdaResponseStream {
      let prelude: Uint8Array | undefined = new TextEncoder().encode(
        JSON.stringify(head) + "\0".repeat(DELIMITER_BYTES),
      );
      return {
        ...stream,
        write(chunk): boolean {
          if (prelude !== undefined) stream.write(prelude);
          prelude = undefined;
          return stream.write(chunk);
        },
      };
    },
  },
};

/** A response that a function streams. */
export interface Streamed {
  readonly head: LambdaResultHead;
  readonly body: ReadableStream<Uint8Array>;
}

/**
 * Calls a function. Resolves when its status and headers have arrived. If the client cancels the body, the function is
 * not told: it runs on, as in Lambda.
 *
 * @throws If the function fails before, or sends no metadata that can be read.
 */
export async function invokeStreaming(
  handler: StreamingFunction,
  event: unknown,
): Promise<Streamed> {
  const { stream, readable, end } = responseStream();
  const context = { awsRequestId: crypto.randomUUID() };
  handler(event, stream, context).then(() => end(), end);
  const reader = readable.getReader();
  let received = new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new TypeError("Cannot read the metadata of the response");
    received = joined(received, value);
    const at = delimiterIn(received);
    if (at === -1 && received.length <= MAX_HEAD_BYTES) continue;
    if (at === -1 || at > MAX_HEAD_BYTES) {
      throw new TypeError("Cannot read the metadata: it has more than 16 KB");
    }
    reader.releaseLock();
    const head = JSON.parse(new TextDecoder().decode(received.slice(0, at)));
    const rest = received.slice(at + DELIMITER_BYTES);
    return { head, body: precededBy(rest, readable) };
  }
}

/** A stream for a function to write to, and for the gateway to read. It ends, or fails, once. */
function responseStream(): {
  readonly stream: LambdaResponseStream;
  readonly readable: ReadableStream<Uint8Array>;
  end(error?: unknown): void;
} {
  const listeners: (() => void)[] = [];
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const drain = (): void => listeners.forEach((listener) => listener());
  const readable = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    pull: drain,
    cancel(): void {
      controller = undefined;
      drain();
    },
  });
  const end = (error?: unknown): void => {
    if (error === undefined) controller?.close();
    else controller?.error(error);
    controller = undefined;
  };
  return {
    readable,
    stream: {
      write(chunk): boolean {
        if (chunk.length > 0) controller?.enqueue(chunk);
        return (controller?.desiredSize ?? 1) > 0;
      },
      end: () => end(),
      on: (event, listener) =>
        void (event === "drain" && listeners.push(listener)),
    },
    end,
  };
}

function joined(
  first: Uint8Array,
  second: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function delimiterIn(bytes: Uint8Array): number {
  // No JSON has a byte of zero in it.
  const at = bytes.indexOf(0);
  return at !== -1 && bytes.length >= at + DELIMITER_BYTES ? at : -1;
}

function precededBy(
  first: Uint8Array,
  rest: ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array> {
  const reader = rest.getReader();
  return new ReadableStream({
    start(controller): void {
      if (first.length > 0) controller.enqueue(first);
    },
    async pull(controller): Promise<void> {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => reader.cancel(),
  });
}
