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
      "Serve it over https. Plain http sends access tokens in the clear, and is for loopback hosts alone.",
  },
  "endpoint-not-found": {
    severity: "error",
    title: "There is no MCP endpoint at this URL",
    clause: rfc(9110, "15.5.5"),
    clients: CLIENT_IDS,
    advice:
      "Examine the URL that clients are given, path included, and let it take POST.",
  },
  "endpoint-redirects": {
    severity: "error",
    title: "The MCP endpoint redirects",
    clause: rfc(9110, "15.4"),
    clients: ["typescript-1.32", "python-2.0", "vscode", "claude-ai"],
    advice:
      "Answer at the URL that clients are given. A redirect may turn POST into GET, and drops the token where it leaves the origin.",
  },
  "sign-in-page": {
    severity: "error",
    title: "A request without a token is sent to a sign-in page",
    clause: authorization("token-handling"),
    clients: CLIENT_IDS,
    advice:
      "Keep the session middleware of the web site away from the MCP endpoint, and answer 401 with a challenge.",
  },
  "no-401": {
    severity: "error",
    title: "A request without a token is not answered with 401",
    clause: authorization("error-handling"),
    clients: CLIENT_IDS,
    advice:
      "Answer 401 with WWW-Authenticate. Clients begin to sign in on that status alone.",
  },
  "server-error": {
    severity: "error",
    title: "A request without a token makes the server fail",
    clause: authorization("error-handling"),
    clients: CLIENT_IDS,
    advice:
      "Judge the Authorization field before anything else, and answer 401 where it is missing.",
  },
  "open-endpoint": {
    severity: "warning",
    title: "The endpoint lets requests without a token in",
    clause: authorization("protocol-requirements"),
    clients: ["claude-ai", "claude-code", "cursor", "vscode", "mcp-remote"],
    advice:
      "Answer 401 to requests without a token, initialize and server/discover included. Where some tools are public on purpose, know that most clients then never ask their user to sign in.",
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
    title: "GET without a token is neither challenged nor refused",
    clause: TRANSPORT_SECURITY,
    clients: BY_GET,
    advice:
      "Answer 401 with the same challenge as for POST, or 405. After 200 these clients take the endpoint itself for metadata or for the authorization server.",
  },
  "slash-redirects": {
    severity: "note",
    title: "The endpoint's URL redirects when a slash is added or left out",
    clause: rfc(9110, "15.4"),
    clients: [],
    advice:
      "Answer both spellings alike, or the other one with 404, so that no request loses its method or its token on the way.",
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
    title: "Anybody can choose the server's identity by a request field",
    clause: rfc(9700, "4.13"),
    clients: [],
    advice:
      "Configure the public URL, and take X-Forwarded-* and Forwarded from a proxy that overwrites them alone. A shared cache would hand the forged identity to everyone.",
  },
  "origin-not-checked": {
    severity: "warning",
    title: "A server on this machine answers any web page",
    clause: TRANSPORT_SECURITY,
    clients: [],
    advice:
      "Answer 403 to an Origin that is not expected. Without that a web page can reach the server by DNS rebinding.",
  },
  "answer-without-end": {
    severity: "warning",
    title: "An answer is too long or never ends",
    clause: rfc(9110, "15"),
    clients: [],
    advice:
      "Answer challenges and metadata with a short body that ends; clients wait for it.",
  },
};
