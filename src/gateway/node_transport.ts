/**
 * `fetch` for an upstream, over Node's `http`: a third cheaper than Node's own `fetch`. Nothing is sent twice, redirects
 * are not followed, content codings are not undone, and a stream may be silent for any time.
 *
 * @module
 */

/** What is used of `node:http` and `node:https`. */
export interface NodeHttp {
  readonly Agent: new (
    options: { readonly keepAlive: true; readonly timeout: number },
  ) => object;
  request(
    url: URL,
    options: {
      readonly agent: object;
      readonly method: string;
      readonly headers: Readonly<Record<string, string>>;
    },
    onResponse: (message: NodeMessage) => void,
  ): NodeClientRequest;
}

interface NodeClientRequest {
  on(event: "error", listen: (error: Error) => void): unknown;
  on(event: "drain" | "close", listen: () => void): unknown;
  write(chunk: Uint8Array): boolean;
  end(chunk?: Uint8Array | string): unknown;
  destroy(error?: unknown): unknown;
}

interface NodeMessage {
  readonly statusCode?: number;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  on(event: "data", listen: (bytes: Uint8Array<ArrayBuffer>) => void): unknown;
  on(event: "end" | "close", listen: () => void): unknown;
  on(event: "error", listen: (error: Error) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** `fetch` over one of the modules. Idle connections are kept for a time. */
export function nodeFetch(http: NodeHttp, idleMilliseconds: number): Fetch {
  const agent = new http.Agent({ keepAlive: true, timeout: idleMilliseconds });
  return (url, { method = "GET", headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const request = http.request(
        new URL(url),
        { agent, method, headers: framed(new Headers(headers), body, method) },
        (message) => {
          try {
            resolve(responseOf(message, method));
          } catch (error) { // thrown on, it would end the process
            message.destroy();
            reject(error);
          }
        },
      );
      request.on("error", reject);
      // Without an error, for one: after an answer that would change the protocol.
      request.on("close", () => reject(new TypeError("Connection closed")));
      const abort = (): void => void request.destroy(signal?.reason);
      if (signal?.aborted) abort();
      signal?.addEventListener("abort", abort, { once: true });
      if (!(body instanceof ReadableStream)) {
        request.end(body as Uint8Array | string | undefined);
        return;
      }
      const length = new Headers(headers).get("content-length");
      pump(body, request, length === null ? undefined : Number(length))
        .catch((error) => request.destroy(error));
    });
}

/**
 * The headers with exactly one that says where the body ends. Node adds none to a DELETE, whose body the upstream would
 * read as the next request.
 */
function framed(
  headers: Headers,
  body: RequestInit["body"],
  method: string,
): Record<string, string> {
  if (body instanceof ReadableStream) {
    if (!headers.has("content-length")) {
      headers.set("transfer-encoding", "chunked");
    }
  } else if (typeof body === "string") {
    headers.set("content-length", `${new TextEncoder().encode(body).length}`);
  } else if (body instanceof Uint8Array) {
    headers.set("content-length", `${body.length}`);
  } else if (method === "POST") headers.set("content-length", "0");
  return Object.fromEntries(headers);
}

/** Sends a body that has the announced length, and breaks off one that has not. */
async function pump(
  body: ReadableStream<Uint8Array>,
  request: NodeClientRequest,
  length: number | undefined,
): Promise<void> {
  const reader = body.getReader();
  let wake = (): void => {};
  request.on("drain", () => wake());
  request.on("close", () => {
    reader.cancel().catch(() => {});
    wake();
  });
  let left = length ?? Infinity;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    left -= step.value.byteLength;
    if (left < 0) throw new TypeError("The body is longer than announced");
    if (!request.write(step.value)) {
      await new Promise<void>((resolve) => wake = resolve);
    }
  }
  if (length !== undefined && left > 0) {
    throw new TypeError("The body is shorter than announced");
  }
  request.end();
}

function responseOf(message: NodeMessage, method: string): Response {
  const { statusCode: status = 0, rawHeaders } = message;
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  const isEmpty = method === "HEAD" || [204, 205, 304].includes(status);
  const body = isEmpty ? null : bodyOf(message);
  if (isEmpty) message.resume();
  const isStatus = status >= 200 && status <= 599;
  const response = new Response(body, {
    status: isStatus ? status : 200,
    headers,
  });
  // A Response cannot have it, and the caller refuses it.
  return isStatus
    ? response
    : Object.defineProperty(response, "status", { value: status });
}

/** A body that is read no faster than its reader reads. */
function bodyOf(message: NodeMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isOpen = true;
  const close = (act: () => void): void => {
    if (isOpen) act();
    isOpen = false;
  };
  return new ReadableStream({
    start(controller): void {
      message.on("data", (bytes) => {
        message.pause();
        if (isOpen) controller.enqueue(bytes);
      });
      message.on("end", () => close(() => controller.close()));
      message.on("error", (error) => close(() => controller.error(error)));
      message.on(
        "close",
        () => close(() => controller.error(new TypeError("Connection closed"))),
      );
      message.pause();
    },
    pull: () => void message.resume(),
    cancel: () => close(() => void message.destroy()),
  }, { highWaterMark: 0 });
}
