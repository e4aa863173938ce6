/**
 * Checks of the MCP endpoint without a token.
 *
 * @module
 */

import { parseUrl } from "../../runtime/identifiers.ts";
import { reachOf } from "../network/addresses.ts";
import type { Examination } from "../examination.ts";
import { discover, initialize } from "./messages.ts";
import type { Answer } from "../network/network.ts";

const stage = "endpoint";

/** Examines the endpoint's response to a client without a token, and returns it; `undefined` if there is none. */
export async function examineEndpoint(
  examination: Examination,
): Promise<Answer | undefined> {
  const { url, endpoint, network, find } = examination;
  if (
    endpoint.protocol === "http:" && reachOf(endpoint.hostname) !== "loopback"
  ) {
    find("insecure-endpoint", `The URL is ${url}.`);
  }
  const first = await network.ask({
    stage,
    purpose: "initialize without a token (MCP 2025-11-25)",
    ...initialize(url),
  });
  if (first.status === 0) {
    // The request may not have been sent for lack of time, which is not a fault of the server.
    if (network.unasked.length > 0) return undefined;
    find("unreachable", `POST: ${first.exchange.failure}.`, first);
    return undefined;
  }
  const answer = await judgeStatus(examination, first);
  const discovered = await network.ask({
    stage,
    purpose: "server/discover without a token (MCP 2026-07-28)",
    ...discover(url),
  });
  const got = await network.ask({
    stage,
    purpose: "GET without a token",
    url,
    headers: { accept: "text/event-stream" },
  });
  if (answer.status === 401) {
    if (discovered.status !== 401) {
      find("discover-not-challenged", statusOf(discovered), discovered);
    }
    if (![401, 404, 405, 406].includes(got.status)) {
      find("get-not-challenged", statusOf(got), got);
    }
  }
  await examineSlash(examination);
  return answer;
}

/** A response's status in words. */
export function statusOf({ status, exchange, location }: Answer): string {
  const { method, url, failure } = exchange;
  if (status === 0) return `${method} ${url}: ${failure}.`;
  const target = location === undefined ? "" : ` and leads to ${location}`;
  return `${method} ${url} is answered with ${status}${target}.`;
}

/** Whether a response is a web page. */
export function isHtml({ headers, text }: Answer): boolean {
  const type = headers.get("content-type") ?? "";
  return /^text\/html\b/i.test(type) || /^\s*<(?:!doctype|html)\b/i.test(text);
}

async function judgeStatus(
  { url, endpoint, network, find }: Examination,
  first: Answer,
): Promise<Answer> {
  const { status, location } = first;
  if (status === 401) return first;
  const seen = statusOf(first);
  if (location !== undefined) {
    const target = parseUrl(location, endpoint);
    const isSlash = target !== undefined && target.href === otherSlash(url);
    if (!isSlash && status < 307) {
      find("sign-in-page", seen, first);
      return first;
    }
    find("endpoint-redirects", seen, first);
    if (target?.origin !== endpoint.origin) return first;
    const purpose = "initialize without a token, redirected";
    return await network.ask({ stage, purpose, ...initialize(target.href) });
  }
  if (status >= 500) find("server-error", seen, first);
  else if (isNotThere(first)) find("endpoint-not-found", seen, first);
  else if (status < 300) find("open-endpoint", seen, first);
  else find("no-401", seen, first);
  return first;
}

function isNotThere(answer: Answer): boolean {
  return [404, 405, 410].includes(answer.status) ||
    answer.status === 200 && isHtml(answer);
}

/** The URL with its trailing slash removed, or with one added; `undefined` if the path is only a slash. */
function otherSlash(url: string): string | undefined {
  const other = new URL(url);
  if (other.pathname === "/") return undefined;
  other.pathname = other.pathname.endsWith("/")
    ? other.pathname.slice(0, -1)
    : `${other.pathname}/`;
  return other.href;
}

async function examineSlash(
  { url, endpoint, network, find }: Examination,
): Promise<void> {
  const other = otherSlash(url);
  if (other === undefined) return;
  const answer = await network.ask({
    stage,
    purpose: "initialize at the URL with another slash",
    ...initialize(other),
  });
  if (answer.location === undefined) return;
  const target = parseUrl(answer.location, new URL(other));
  const code = target?.origin === endpoint.origin
    ? "slash-redirects"
    : "slash-differs";
  find(code, statusOf(answer), answer);
}
