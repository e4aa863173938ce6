/**
 * The parts of Node's `http` that are used, described structurally.
 *
 * @module
 */

/** The members of `http.IncomingMessage` that are used. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  /** The method. */
  readonly method?: string | undefined;
  /** The request target. */
  readonly url?: string | undefined;
  /** The request target, before a mount in Express removed its path from `url`. */
  readonly originalUrl?: string | undefined;
  /** Names and values in turn. (`headers` would hide that a header was sent twice.) */
  readonly rawHeaders: readonly string[];
  /** Whether the body was read before. */
  readonly readableDidRead?: boolean | undefined;
  /** The bytes of a body that was read before, or a string of them. */
  readonly rawBody?: unknown;
  /** What middleware made of the body: its bytes, a string, or a JSON value. */
  readonly body?: unknown;
  /** 2 for HTTP/2. */
  readonly httpVersionMajor?: number | undefined;
  /** The host of an HTTP/2 request. */
  readonly authority?: string | undefined;
  /** The connection. */
  readonly socket: object & { readonly encrypted?: boolean | undefined };
}

/** The members of `http.ServerResponse` that are used. */
export interface NodeResponse {
  /** The status. */
  statusCode: number;
  /** Whether status and headers were sent. */
  readonly headersSent: boolean;
  /** Whether `end` was called. */
  readonly writableEnded: boolean;
  /** Sets a header. */
  setHeader(name: string, value: string | readonly string[]): unknown;
  /** Sends status and headers. (Some types of HTTP/2 lack it.) */
  flushHeaders?(): void;
  /** Sends a chunk of the body; false: wait for "drain" before the next one. */
  write(chunk: Uint8Array): boolean;
  /** Ends the response. */
  end(): unknown;
  /** Closes the connection. */
  destroy(): unknown;
  /** Listens for "drain" and "close". */
  on(event: string, listener: () => void): unknown;
}
