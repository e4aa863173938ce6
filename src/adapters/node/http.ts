/**
 * What is used of Node's `http`.
 *
 * @module
 */

/** What is used of `http.IncomingMessage`. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  /** The method. */
  readonly method?: string | undefined;
  /** The request target. */
  readonly url?: string | undefined;
  /** The request target, where a mount in Express took its path off `url`. */
  readonly originalUrl?: string | undefined;
  /** Names and values in turn. (`headers` would hide that a field came twice.) */
  readonly rawHeaders: readonly string[];
  /** Whether something in front has read of the body. */
  readonly readableDidRead?: boolean | undefined;
  /** The bytes of a body that something in front has read, or their text. */
  readonly rawBody?: unknown;
  /** What something in front has made of the body: its bytes, its text, or a JSON value. */
  readonly body?: unknown;
  /** 2 for HTTP/2. */
  readonly httpVersionMajor?: number | undefined;
  /** The host of an HTTP/2 request. */
  readonly authority?: string | undefined;
  /** The connection. */
  readonly socket: object & { readonly encrypted?: boolean | undefined };
}

/** What is used of `http.ServerResponse`. */
export interface NodeResponse {
  /** The status. */
  statusCode: number;
  /** Whether status and fields are on their way. */
  readonly headersSent: boolean;
  /** Whether all is written. */
  readonly writableEnded: boolean;
  /** Adds a field. */
  setHeader(name: string, value: string | readonly string[]): unknown;
  /** Sends status and fields. (Some types of HTTP/2 leave it out.) */
  flushHeaders?(): void;
  /** Sends a piece of the body; false asks to wait for "drain". */
  write(piece: Uint8Array): boolean;
  /** Ends the answer. */
  end(): unknown;
  /** Breaks the connection. */
  destroy(): unknown;
  /** Listens for "drain", or for the "close" of answer or connection. */
  on(event: string, listener: () => void): unknown;
}
