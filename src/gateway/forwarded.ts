/**
 * From where a request came: `Forwarded` ({@link https://www.rfc-editor.org/rfc/rfc7239 | RFC 7239}) and the
 * `X-Forwarded-*` before it, written anew. Not implemented: a chain of proxies; what the one in front says is dropped.
 *
 * @module
 */

import type { RequestContext } from "../types.ts";

/** What Deno passes with a request, and the command on every runtime. */
interface Connection {
  readonly remoteAddr?: { readonly hostname?: unknown };
}

/** Writes under which name the client knows the resource, and the address from which it is connected, if known. */
export function writeForwarded(
  headers: Headers,
  resource: URL | undefined,
  requestContext: RequestContext | undefined,
): void {
  const { remoteAddr } = Object(requestContext) as Connection;
  const address = addressOf(remoteAddr?.hostname);
  const elements = [`for=${address === undefined ? "unknown" : node(address)}`];
  if (address !== undefined) headers.set("x-forwarded-for", address);
  if (resource !== undefined) {
    const proto = resource.protocol.slice(0, -1);
    headers.set("x-forwarded-host", resource.host);
    headers.set("x-forwarded-proto", proto);
    elements.push(`host="${resource.host}"`, `proto=${proto}`);
  }
  headers.set("forwarded", elements.join(";"));
  headers.append("via", "1.1 gatehouse"); // RFC 9110 §7.6.3
}

/** An address, in IPv4 where it is one. */
function addressOf(hostname: unknown): string | undefined {
  return typeof hostname === "string" && /^[\d.a-f:]+$/i.test(hostname)
    ? hostname.replace(/^::ffff:(?=[\d.]+$)/i, "")
    : undefined;
}

/** RFC 7239 §6.1: in brackets and quotes, if it is of IPv6. */
function node(address: string): string {
  return address.includes(":") ? `"[${address}]"` : address;
}
