/**
 * Why an accepted request got no answer of the upstream's, and what the client receives in its place.
 *
 * @module
 */

import { networkFailure } from "../runtime/network_failure.ts";
import { printable } from "../runtime/printable.ts";

/** Why. For the log: the client learns the status, and one constant sentence. */
export type UpstreamErrorReason =
  | "unreachable"
  | "timeout"
  | "invalid_response"
  | "redirect"
  | "unauthorized"
  | "cut_response"
  | "too_many_open";

const ROWS: Readonly<
  Record<UpstreamErrorReason, readonly [status: number, message: string]>
> = {
  unreachable: [502, "The MCP server cannot be reached"],
  timeout: [504, "The MCP server did not answer in time"],
  invalid_response: [502, "The MCP server sent no usable response"],
  redirect: [502, "The MCP server sent no usable response"],
  // A 401 would tell the client to throw its token away, which was good.
  unauthorized: [502, "The MCP server refused the gateway"],
  // Its status and headers were sent before: nobody receives this one.
  cut_response: [502, "The MCP server sent no usable response"],
  too_many_open: [503, "Too many requests are open"],
};

/** The upstream did not answer a request, or not in a way that can be passed on. */
export class UpstreamError extends Error {
  /** `UpstreamError`. */
  override readonly name = "UpstreamError";
  /** Why. */
  declare readonly reason: UpstreamErrorReason;
  /** The status of the answer. */
  declare readonly status: number;

  /** An error whose message says what happened, without anything that a client sent. */
  constructor(
    reason: UpstreamErrorReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.reason = reason;
    this.status = ROWS[reason][0];
  }
}

/** What the client receives: a JSON-RPC error without an `id`, as the guard sends. */
export function responseTo({ reason }: UpstreamError): Response {
  const [status, message] = ROWS[reason];
  return Response.json(
    { jsonrpc: "2.0", error: { code: INTERNAL_ERROR, message } },
    {
      status,
      headers: {
        "cache-control": "no-store",
        ...(reason === "too_many_open" && { "retry-after": "1" }),
      },
    },
  );
}

/** JSON-RPC's own. MCP keeps -32020 to -32099 for itself. */
const INTERNAL_ERROR = -32603;

/** Why `fetch` failed, without URLs: their query is the client's. */
export function causeOf(error: unknown): string {
  const why = networkFailure(error) ?? `${Object(error).message ?? error}`;
  return printable(why.replace(/\(?\b\w+:\/\/[^\s")]*[")]?/g, "…"));
}
