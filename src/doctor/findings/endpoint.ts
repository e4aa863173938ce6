/**
 * What can be wrong with the answers of the MCP endpoint itself.
 *
 * @module
 */

import type { Entry } from "./entry.ts";
import { authorization, rfc, TRANSPORT_SECURITY } from "./clauses.ts";
import { CLIENT_IDS, type ClientId, clientsWith } from "../clients/clients.ts";

/** Clients that make their first request with GET. */
const BY_GET: readonly ClientId[] = clientsWith("probe", "GET");

/** What can be wrong with the answers of the MCP endpoint itself. */
export type EndpointCode =
  | "unreachable"
  | "incomplete"
  | "insecure-endpoint"
  | "endpoint-not-found"
  | "endpoint-redirects"
  | "sign-in-page"
  | "no-401"
  | "server-error"
  | "open-endpoint"
  | "discover-not-challenged"
  | "get-not-challenged"
  | "slash-redirects"
  | "slash-differs"
  | "forwarded-host-trusted"
  | "origin-not-checked"
  | "answer-without-end";

/** By code. */
export const ENDPOINT_ENTRIES: Readonly<Record<EndpointCode, Entry>> = {
  "unreachable": {
    severity: "error",
    title: "The MCP endpoint does not answer",
    clause: rfc(9110, "15"),
    clients: CLIENT_IDS,
    advice:
      "Start the server, and check the host name, the port and the certificate.",
  },
  "incomplete": {
    severity: "warning",
    title: "The examination ran out of time",
    clause: rfc(9110, "15"),
    clients: [],
    advice:
      "Find out which answers are slow; most clients give up after some seconds. Or give the examination more time.",
  },
  "insecure-endpoint": {
    severity: "error",
    title: "The MCP endpoint is plain http",
    clause: authorization("communication-security"),
    clients: ["claude-ai", "chatgpt"],
    advice:
      "Serve it over https. Plain http sends access tokens in the clear, and is only for loopback hosts.",
  },
  "endpoint-not-found": {
    severity: "error",
    title: "There is no MCP endpoint at this URL",
    clause: rfc(9110, "15.5.5"),
    clients: CLIENT_IDS,
    advice:
      "Examine the URL that users give to clients, path included, and accept POST there.",
  },
  "endpoint-redirects": {
    severity: "error",
    title: "The MCP endpoint redirects",
    clause: rfc(9110, "15.4"),
    clients: ["typescript-1.32", "python-2.0", "vscode", "claude-ai"],
    advice:
      "Answer at the URL that users give to clients. A redirect may turn POST into GET, and a redirect to another origin drops the token.",
  },
  "sign-in-page": {
    severity: "error",
    title: "A request without a token is redirected to a sign-in page",
    clause: authorization("token-handling"),
    clients: CLIENT_IDS,
    advice:
      "Exclude the MCP endpoint from the web site's session middleware, and answer 401 with a challenge.",
  },
  "no-401": {
    severity: "error",
    title: "A request without a token is not answered with 401",
    clause: authorization("error-handling"),
    clients: CLIENT_IDS,
    advice:
      "Answer 401 with WWW-Authenticate. Clients start to sign in only on that status.",
  },
  "server-error": {
    severity: "error",
    title: "A request without a token makes the server fail",
    clause: authorization("error-handling"),
    clients: CLIENT_IDS,
    advice:
      "Check the Authorization header before anything else, and answer 401 if it is missing.",
  },
  "open-endpoint": {
    severity: "warning",
    title: "The endpoint accepts requests without a token",
    clause: authorization("protocol-requirements"),
    clients: ["claude-ai", "claude-code", "cursor", "vscode", "mcp-remote"],
    advice:
      "Answer 401 to requests without a token, initialize and server/discover included. If some tools are public on purpose, most clients will never ask their user to sign in.",
  },
  "discover-not-challenged": {
    severity: "warning",
    title: "server/discover without a token is not answered with 401",
    clause: authorization("error-handling"),
    clients: [],
    advice:
      "Treat the methods of MCP 2026-07-28 like initialize: no token, 401 and a challenge.",
  },
  "get-not-challenged": {
    severity: "warning",
    title: "GET without a token is answered with neither 401 nor 405",
    clause: TRANSPORT_SECURITY,
    clients: BY_GET,
    advice:
      "Answer 401 with the same challenge as for POST, or 405. After 200 these clients mistake the endpoint for metadata or for the authorization server.",
  },
  "slash-redirects": {
    severity: "note",
    title: "The endpoint redirects if a trailing slash is added or removed",
    clause: rfc(9110, "15.4"),
    clients: [],
    advice:
      "Answer both spellings alike, or the other one with 404, so that no request loses its method or its token.",
  },
  "slash-differs": {
    severity: "error",
    title: "The redirect for a slash leads away from https",
    clause: authorization("communication-security"),
    clients: ["typescript-1.32", "claude-ai"],
    advice:
      "Tell the framework its public URL, so that redirects keep the scheme and the host.",
  },
  "forwarded-host-trusted": {
    severity: "error",
    title: "Anyone can change the server's identity by a request header",
    clause: rfc(9700, "4.13"),
    clients: [],
    advice:
      "Configure the public URL, and accept X-Forwarded-* and Forwarded only from a proxy that overwrites them. A shared cache would serve the forged identity to everyone.",
  },
  "origin-not-checked": {
    severity: "warning",
    title: "A server on this machine answers requests of any web page",
    clause: TRANSPORT_SECURITY,
    clients: [],
    advice:
      "Answer 403 to an unexpected Origin. Otherwise a web page can reach the server by DNS rebinding.",
  },
  "answer-without-end": {
    severity: "warning",
    title: "A response is too long or never ends",
    clause: rfc(9110, "15"),
    clients: [],
    advice:
      "Give challenges and metadata a short body that ends: clients wait for it.",
  },
};
