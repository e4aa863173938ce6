/**
 * Where the rules are written.
 *
 * @module
 */

import type { Clause } from "./clause.ts";

/** A section of an RFC. */
export function rfc(number: number, section: string): Clause {
  return {
    text: `RFC ${number} §${section}`,
    url: `https://www.rfc-editor.org/rfc/rfc${number}#section-${section}`,
  };
}

/** A section of MCP's authorization specification. */
export function authorization(anchor: string): Clause {
  return {
    text: "MCP 2025-11-25, Authorization",
    url:
      `https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#${anchor}`,
  };
}

/** A page of MCP's authorization specification of 2026-07-28. */
export function authorization2026(page: string): Clause {
  return {
    text: "MCP 2026-07-28, Authorization",
    url:
      `https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization${page}`,
  };
}

/** MCP's transports. */
export const TRANSPORT_SECURITY: Clause = {
  text: "MCP 2025-11-25, Transports",
  url:
    "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning",
};

/** MCP's first authorization specification, which knew no protected resource metadata. */
export const FIRST_DISCOVERY: Clause = {
  text: "MCP 2025-03-26, Authorization",
  url:
    "https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#server-metadata-discovery",
};

/** What OpenID providers publish. */
export const OPENID_METADATA: Clause = {
  text: "OpenID Connect Discovery §3",
  url:
    "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata",
};

/** The CORS protocol. */
export const CORS: Clause = {
  text: "Fetch, CORS protocol",
  url: "https://fetch.spec.whatwg.org/#http-cors-protocol",
};

/** A preflight. */
export const PREFLIGHT: Clause = {
  text: "Fetch, CORS-preflight fetch",
  url: "https://fetch.spec.whatwg.org/#cors-preflight-fetch",
};
