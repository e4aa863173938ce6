/**
 * What can keep a client in a browser's page out.
 *
 * @module
 */

import type { Entry } from "./entry.ts";
import { CORS, PREFLIGHT, rfc } from "./clauses.ts";
import type { ClientId } from "../clients/clients.ts";

const BROWSER: readonly ClientId[] = ["browser"];

/** What can keep a client in a browser's page out. */
export type BrowserCode =
  | "preflight-refused"
  | "preflight-origin"
  | "preflight-method"
  | "preflight-headers"
  | "preflight-headers-of-2026"
  | "answer-without-cors"
  | "challenge-hidden"
  | "session-hidden"
  | "metadata-without-cors"
  | "metadata-preflight"
  | "server-metadata-without-cors"
  | "registration-without-cors"
  | "token-endpoint-without-cors"
  | "credentials-allowed"
  | "origin-without-vary";

/** By code. */
export const BROWSER_ENTRIES: Readonly<Record<BrowserCode, Entry>> = {
  "preflight-refused": {
    severity: "warning",
    title: "The MCP endpoint refuses preflights",
    clause: PREFLIGHT,
    clients: BROWSER,
    advice:
      "Answer OPTIONS with 204 before looking for a token: a browser never sends one with it.",
  },
  "preflight-origin": {
    severity: "warning",
    title: "The MCP endpoint does not allow the page's origin",
    clause: CORS,
    clients: BROWSER,
    advice:
      "Send Access-Control-Allow-Origin for the origins of browser clients. Tokens are not sent automatically, as cookies are, so * is safe here.",
  },
  "preflight-method": {
    severity: "note",
    part: "advice",
    title: "The MCP endpoint does not allow the method that ends a session",
    clause: PREFLIGHT,
    clients: [],
    advice:
      "If the server has sessions, add DELETE to Access-Control-Allow-Methods.",
  },
  "preflight-headers": {
    severity: "warning",
    title: "The MCP endpoint does not allow the headers that clients send",
    clause: PREFLIGHT,
    clients: BROWSER,
    advice:
      "Name them in Access-Control-Allow-Headers. The wildcard never covers Authorization.",
  },
  "preflight-headers-of-2026": {
    severity: "note",
    part: "advice",
    title: "The MCP endpoint does not allow all of MCP's headers",
    clause: PREFLIGHT,
    clients: [],
    advice:
      "Allow Mcp-Session-Id and Last-Event-ID for sessions, Mcp-Method and Mcp-Name for MCP 2026-07-28.",
  },
  "answer-without-cors": {
    severity: "warning",
    title: "A page in a browser cannot see the 401",
    clause: CORS,
    clients: BROWSER,
    advice:
      "Add the CORS headers to error responses too. Often they are added by a layer that error responses bypass.",
  },
  "challenge-hidden": {
    severity: "warning",
    title: "A page in a browser cannot read the challenge",
    clause: CORS,
    clients: BROWSER,
    advice: "Add WWW-Authenticate to Access-Control-Expose-Headers.",
  },
  "session-hidden": {
    severity: "warning",
    title: "A page in a browser cannot read the session's identifier",
    clause: CORS,
    clients: BROWSER,
    advice: "Add Mcp-Session-Id to Access-Control-Expose-Headers.",
  },
  "metadata-without-cors": {
    severity: "warning",
    title: "A page in a browser cannot read the protected resource metadata",
    clause: CORS,
    clients: BROWSER,
    advice: "Send Access-Control-Allow-Origin: * with it. It is public.",
  },
  "metadata-preflight": {
    severity: "note",
    title: "The metadata refuses preflights",
    clause: PREFLIGHT,
    clients: [],
    advice:
      "Answer OPTIONS with 204 and allow MCP-Protocol-Version. The TypeScript SDK sends it, and repeats the request without it.",
  },
  "server-metadata-without-cors": {
    severity: "warning",
    title:
      "A page in a browser cannot read the authorization server's metadata",
    clause: CORS,
    clients: BROWSER,
    advice:
      "Let the authorization server send Access-Control-Allow-Origin with it.",
  },
  "registration-without-cors": {
    severity: "warning",
    title: "A page in a browser cannot register",
    clause: PREFLIGHT,
    clients: BROWSER,
    advice: "Let the registration endpoint answer preflights for Content-Type.",
  },
  "token-endpoint-without-cors": {
    severity: "warning",
    title: "A page in a browser cannot get a token",
    clause: CORS,
    clients: BROWSER,
    advice:
      "Let the token endpoint send Access-Control-Allow-Origin, on error responses too.",
  },
  "credentials-allowed": {
    severity: "warning",
    title: "Any page may send requests with the user's cookies",
    clause: CORS,
    clients: [],
    advice:
      "Remove Access-Control-Allow-Credentials. Tokens do not need it, and together with an echoed origin it opens cookie sessions to every page.",
  },
  "origin-without-vary": {
    severity: "note",
    title: "The origin is echoed without Vary",
    clause: rfc(9110, "12.5.5"),
    clients: [],
    advice:
      "Send Vary: Origin where Access-Control-Allow-Origin depends on the request, or a cache serves one page the response for another.",
  },
};
