/**
 * The requests of a sign-in as a web page sends them: preflights first, and reading only what the CORS protocol exposes
 * of the responses.
 *
 * @module
 */

import { reachOf } from "../network/addresses.ts";
import type { Code } from "../findings/catalogue.ts";
import { type FoundDocument, METADATA_HEADERS } from "./documents.ts";
import { statusOf } from "./endpoint.ts";
import type { Examination } from "../examination.ts";
import { initialize } from "./messages.ts";
import type { Answer, Question } from "../network/network.ts";
import { resourceMetadataUrl } from "./places.ts";

const stage = "browser";

/** The headers that every client sends, and those for sessions and for MCP 2026-07-28. */
const FIELDS = ["authorization", "content-type", "mcp-protocol-version"];
const OTHER_FIELDS = [
  "mcp-session-id",
  "last-event-id",
  "mcp-method",
  "mcp-name",
];

/** Examines every request of a sign-in. */
export async function examineBrowser(
  examination: Examination,
  unauthorized: Answer,
  servers: readonly FoundDocument[],
): Promise<void> {
  await examinePreflight(examination);
  await examineRefusal(examination, unauthorized);
  await examineStranger(examination);
  await examineMetadata(
    examination,
    "protected resource metadata",
    resourceMetadataUrl("path", examination.url),
    ["metadata-without-cors", "metadata-preflight"],
  );
  for (const { document, answer } of servers) {
    const about = "authorization server metadata";
    await examineMetadata(examination, about, answer.exchange.url, [
      "server-metadata-without-cors",
      "metadata-preflight",
    ]);
    await examineRegistration(examination, document.registration_endpoint);
    await examineTokens(examination, document.token_endpoint);
  }
}

async function preflight(
  { network, pageOrigin }: Examination,
  purpose: string,
  url: string,
  method: string,
  headers: readonly string[],
): Promise<Answer> {
  return await network.ask({
    stage,
    purpose: `preflight for ${purpose}`,
    method: "OPTIONS",
    url,
    headers: {
      "origin": pageOrigin,
      "access-control-request-method": method,
      "access-control-request-headers": headers.join(","),
    },
  });
}

async function examinePreflight(examination: Examination): Promise<void> {
  const { url, find } = examination;
  const fields = [...FIELDS, ...OTHER_FIELDS].sort();
  const answer = await preflight(
    examination,
    "the MCP endpoint",
    url,
    "POST",
    fields,
  );
  if (answer.status === 403) {
    return find("preflight-origin", statusOf(answer), answer);
  }
  if (!isOk(answer)) {
    return find("preflight-refused", statusOf(answer), answer);
  }
  if (!letsIn(examination, answer)) {
    return find("preflight-origin", originsOf(answer), answer);
  }
  const missing = (names: readonly string[]): string[] =>
    names.filter((name) => !allows(answer, "allow-headers", name));
  for (
    const [code, names] of [
      ["preflight-headers", missing(FIELDS)],
      ["preflight-headers-of-2026", missing(OTHER_FIELDS)],
    ] as const
  ) {
    if (names.length === 0) continue;
    const value = answer.headers.get("access-control-allow-headers");
    const seen = `Access-Control-Allow-Headers: ${value ?? "(missing)"}`;
    find(code, `${names.join(", ")} is not allowed by ${seen}`, answer);
  }
  if (!allows(answer, "allow-methods", "delete")) {
    const value = answer.headers.get("access-control-allow-methods");
    const seen = `Access-Control-Allow-Methods: ${value ?? "(missing)"}`;
    find("preflight-method", seen, answer);
  }
}

async function examineRefusal(
  examination: Examination,
  unauthorized: Answer,
): Promise<void> {
  const { url, network, pageOrigin, find } = examination;
  const answer = await network.ask({
    stage,
    purpose: "initialize without a token, from a page",
    ...initialize(url, { origin: pageOrigin }),
  });
  examineSafety(examination, answer);
  if (answer.status === 0 || answer.status !== unauthorized.status) return;
  if (!letsIn(examination, answer)) {
    return find("answer-without-cors", originsOf(answer), answer);
  }
  const exposed = answer.headers.get("access-control-expose-headers");
  const seen = `Access-Control-Expose-Headers: ${exposed ?? "(missing)"}`;
  for (
    const [field, code] of [
      ["www-authenticate", "challenge-hidden"],
      ["mcp-session-id", "session-hidden"],
    ] as const
  ) {
    if (
      answer.headers.has(field) && !allows(answer, "expose-headers", field)
    ) find(code, seen, answer);
  }
}

/** A server on this machine must reject other origins: by DNS rebinding, any page can send requests to it. */
async function examineStranger(
  { url, endpoint, network, find }: Examination,
): Promise<void> {
  if (reachOf(endpoint.hostname) !== "loopback") return;
  const answer = await network.ask({
    stage,
    purpose: "initialize from a stranger's page",
    ...initialize(url, { origin: "https://stranger.example" }),
  });
  if (answer.status !== 403 && answer.status !== 0) {
    find("origin-not-checked", statusOf(answer), answer);
  }
}

async function examineMetadata(
  examination: Examination,
  about: string,
  url: string,
  [withoutCors, refused]: readonly [Code, Code],
): Promise<void> {
  const { network, pageOrigin, find } = examination;
  const headers = { accept: "application/json", origin: pageOrigin };
  const question: Question = { stage, purpose: `${about}, from a page`, url };
  const answer = await network.ask({ ...question, headers });
  if (answer.status !== 200) return;
  if (!letsIn(examination, answer)) {
    return find(withoutCors, originsOf(answer), answer);
  }
  const names = Object.keys(METADATA_HEADERS).filter((name) =>
    name.startsWith("mcp-")
  );
  const asked = await preflight(examination, about, url, "GET", names);
  const isAllowed = isOk(asked) && letsIn(examination, asked) &&
    names.every((name) => allows(asked, "allow-headers", name));
  if (!isAllowed) find(refused, statusOf(asked), asked);
}

async function examineRegistration(
  examination: Examination,
  named: unknown,
): Promise<void> {
  const url = await askable(examination, named);
  if (url === undefined) return;
  const names = ["content-type"];
  const purpose = "registration";
  const answer = await preflight(examination, purpose, url, "POST", names);
  const isAllowed = isOk(answer) && letsIn(examination, answer) &&
    allows(answer, "allow-headers", "content-type");
  if (!isAllowed) {
    examination.find("registration-without-cors", statusOf(answer), answer);
  }
}

async function examineTokens(
  examination: Examination,
  named: unknown,
): Promise<void> {
  const url = await askable(examination, named);
  if (url === undefined) return;
  const { network, pageOrigin, find } = examination;
  // Sent without a preflight: any page may send a form.
  const answer = await network.ask({
    stage,
    purpose: "a token for a made-up code, from a page",
    method: "POST",
    url,
    headers: {
      "accept": "application/json",
      "content-type": "application/x-www-form-urlencoded",
      "origin": pageOrigin,
    },
    body: "grant_type=authorization_code&code=gatehouse-doctor" +
      "&client_id=gatehouse-doctor&redirect_uri=http%3A%2F%2Flocalhost%2F",
  });
  if (answer.status === 0) return;
  if (!letsIn(examination, answer)) {
    find("token-endpoint-without-cors", originsOf(answer), answer);
  }
  // RFC 6749 §5.2. A limit of requests (429) and an outage say nothing of it.
  const { status, json } = answer;
  const isOutage = status === 429 || status >= 500;
  if (status < 400 || !isOutage && json === undefined) {
    find("token-error-malformed", statusOf(answer), answer);
  }
}

/** The URL, if there is one and it may be requested. */
async function askable(
  { network }: Examination,
  url: unknown,
): Promise<string | undefined> {
  if (typeof url !== "string") return undefined;
  return await network.refusalOf(url) === undefined ? url : undefined;
}

function examineSafety(
  { pageOrigin, find }: Examination,
  answer: Answer,
): void {
  const { headers } = answer;
  if (headers.get("access-control-allow-origin") !== pageOrigin) return;
  if (headers.get("access-control-allow-credentials") === "true") {
    find("credentials-allowed", originsOf(answer), answer);
  }
  if (!/(?:^|,)\s*(?:origin|\*)\s*(?:,|$)/i.test(headers.get("vary") ?? "")) {
    find("origin-without-vary", originsOf(answer), answer);
  }
}

function isOk({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function letsIn({ pageOrigin }: Examination, { headers }: Answer): boolean {
  const value = headers.get("access-control-allow-origin");
  return value === "*" || value === pageOrigin;
}

function originsOf({ headers, exchange }: Answer): string {
  const value = headers.get("access-control-allow-origin") ?? "(missing)";
  return `${exchange.method} ${exchange.url}: Access-Control-Allow-Origin: ${value}`;
}

/** Whether a list in a CORS header contains a name. The wildcard covers all names but Authorization. */
function allows(
  { headers }: Answer,
  list: "allow-headers" | "allow-methods" | "expose-headers",
  name: string,
): boolean {
  const names = (headers.get(`access-control-${list}`) ?? "").toLowerCase()
    .split(",").map((item) => item.trim());
  return names.includes(name) ||
    names.includes("*") && name !== "authorization";
}
