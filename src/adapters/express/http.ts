/**
 * The parts of Express' requests and responses that are used, described structurally.
 *
 * @module
 */

import type { NodeRequest, NodeResponse } from "../node/http.ts";
import type { AuthInfo } from "../../types.ts";

/** The members of an Express request that are used. Connect's requests have enough of them. */
export interface ExpressRequest extends NodeRequest {
  /** The path that a mount removed from `url`. */
  readonly baseUrl?: string | undefined;
  /** The route that matched. */
  readonly route?: unknown;
  /** The verified caller, where the MCP SDK looks for it. */
  auth?: AuthInfo | undefined;
  /** The bytes of the body, if they were read. */
  rawBody?: unknown;
  /** The parsed body. */
  body?: unknown;
  /** Whether the body was parsed. */
  _body?: boolean | undefined;
}

/** The members of an Express response that are used. */
export interface ExpressResponse extends NodeResponse {
  /** The headers that were set. */
  getHeaders(): object;
  /** Removes a header. */
  removeHeader(name: string): unknown;
  /** Sends status and headers. */
  writeHead(status: number): unknown;
}

/** Continues with the next handler, or with the error handlers. */
export type ExpressNext = (error?: unknown) => void;
