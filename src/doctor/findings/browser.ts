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
    title: "The MCP endpoint does not let the page's origin in",
    clause: CORS,
    clients: BROWSER,
    advice:
      "Send Access-Control-Allow-Origin for the origins of browser clients; since tokens are sent by hand, * is safe here.",
  },
  "preflight-method": {
    severity: "note",
    title: "The MCP endpoint does not allow the method that ends a session",
    clause: PREFLIGHT,
    clients: [],
    advice:
      "If there are sessions, have DELETE in Access-Control-Allow-Methods.",
  },
  "preflight-headers": {
    severity: "warning",
    title: "The MCP endpoint does not allow the fields that clients send",
    clause: PREFLIGHT,
    clients: BROWSER,
    advice:
      "Name them in Access-Control-Allow-Headers. The wildcard never covers Authorization.",
  },
  "preflight-headers-of-2026": {
    severity: "note",
    title: "The MCP endpoint does not allow all fields of MCP",
    clause: PREFLIGHT,
    clients: [],
    advice:
      "Allow Mcp-Session-Id and Last-Event-ID for sessions, Mcp-Method and Mcp-Name for MCP 2026-07-28.",
  },
  "answer-without-cors": {
    severity: "warning",
    title: "A browser's page cannot see the 401",
    clause: CORS,
    clients: BROWSER,
    advice:
      "Add the CORS fields to refusals too. Often they are added by a layer that a refusal never passes.",
  },
  "challenge-hidden": {
    severity: "warning",
    title: "A browser's page cannot read the challenge",
    clause: CORS,
    clients: BROWSER,
    advice: "Have WWW-Authenticate in Access-Control-Expose-Headers.",
  },
  "session-hidden": {
    severity: "warning",
    title: "A browser's page cannot read the session's name",
    clause: CORS,
    clients: BROWSER,
    advice: "Have Mcp-Session-Id in Access-Control-Expose-Headers.",
  },
  "metadata-without-cors": {
    severity: "warning",
    title: "A browser's page cannot read the protected resource metadata",
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
      "Answer OPTIONS with 204 and allow MCP-Protocol-Version. The TypeScript SDK sends it, and asks a second time without it.",
  },
  "server-metadata-without-cors": {
    severity: "warning",
    title: "A browser's page cannot read the authorization server's metadata",
    clause: CORS,
    clients: BROWSER,
    advice:
      "Have the authorization server send Access-Control-Allow-Origin with it.",
  },
  "registration-without-cors": {
    severity: "warning",
    title: "A browser's page cannot register",
    clause: PREFLIGHT,
    clients: BROWSER,
    advice:
      "Have the registration endpoint answer preflights that ask for Content-Type.",
  },
  "token-endpoint-without-cors": {
    severity: "warning",
    title: "A browser's page cannot get a token",
    clause: CORS,
    clients: BROWSER,
    advice:
      "Have the token endpoint send Access-Control-Allow-Origin, with errors too.",
  },
  "credentials-allowed": {
    severity: "warning",
    title: "Any page may send the user's cookies along",
    clause: CORS,
    clients: [],
    advice:
      "Drop Access-Control-Allow-Credentials: tokens need none, and with an origin that is merely repeated it opens cookie sessions to every page.",
  },
  "origin-without-vary": {
    severity: "note",
    title: "The origin is repeated without Vary",
    clause: rfc(9110, "12.5.5"),
    clients: [],
    advice:
      "Send Vary: Origin where Access-Control-Allow-Origin depends on the request, or a cache answers one page with another's.",
  },
};
