/**
 * Checks that apply to every document below `/.well-known/`.
 *
 * @module
 */

import type { JsonObject } from "../../http/body.ts";
import { parseUrl } from "../../runtime/identifiers.ts";
import { isHtml, statusOf } from "./endpoint.ts";
import type { Examination } from "../examination.ts";
import type { Answer, Question } from "../network/network.ts";
import { quoted } from "../output/text.ts";

/** A document, and its response. */
export interface FoundDocument {
  /** The document. */
  readonly document: JsonObject;
  /** The response that contained it. */
  readonly answer: Answer;
}

/** The headers with which the SDKs request metadata. */
export const METADATA_HEADERS: Readonly<Record<string, string>> = {
  accept: "application/json",
  "mcp-protocol-version": "2025-11-25",
};

const DAY_SECONDS = 86_400;

/**
 * Reads a document, and examines how it is served.
 *
 * @param need `optional` if clients work without the document, so that rejecting the request is fine.
 */
export async function examineDocument(
  examination: Examination,
  question: Omit<Question, "headers">,
  need: "required" | "optional" = "required",
): Promise<FoundDocument | undefined> {
  const { network, find } = examination;
  const answers = await network.read({
    ...question,
    headers: METADATA_HEADERS,
  });
  const [first] = answers;
  const answer = answers.at(-1) ?? first;
  if (first.location !== undefined) {
    find("metadata-redirects", statusOf(first), ...answers);
    examineTarget(examination, first);
  }
  const seen = statusOf(answer);
  if ([401, 403].includes(answer.status) && need === "required") {
    find("metadata-behind-auth", seen, answer);
  }
  if (answer.status >= 500 && answer.status !== 502) {
    find("metadata-server-error", seen, answer);
  }
  if (answer.status !== 200) return undefined;
  if (answer.json === undefined) {
    const code = isHtml(answer) ? "html-for-json" : "metadata-not-json";
    // An incomplete response is reported elsewhere.
    if (answer.exchange.failure === undefined) {
      find(
        code,
        `${seen} Its body begins ${quoted(answer.text.slice(0, 60))}.`,
        answer,
      );
    }
    return undefined;
  }
  const type = answer.headers.get("content-type") ?? "";
  if (!/^application\/(?:json|[\w.-]+\+json)\b/i.test(type)) {
    find(
      "metadata-content-type",
      `${seen} Content-Type: ${type || "none"}`,
      answer,
    );
  }
  return { document: answer.json, answer };
}

/** Examines for how long a document may be cached. */
export function examineLifetime(
  { find }: Examination,
  answer: Answer,
): void {
  const field = answer.headers.get("cache-control");
  if (field === null) {
    find("metadata-uncacheable", "There is no Cache-Control header.", answer);
    return;
  }
  const seconds = [...field.matchAll(/\b(?:s-)?max-?age\s*=\s*"?(\d+)/gi)]
    .map((match) => Number(match[1]));
  if (Math.max(0, ...seconds) > DAY_SECONDS) {
    find("metadata-cached-long", `Cache-Control: ${field}`, answer);
  }
}

/** Returns a member that should be an array of strings, and reports any other type. */
export function stringsOf(
  { find }: Examination,
  { document, answer }: FoundDocument,
  name: string,
): readonly string[] | undefined {
  const value = document[name];
  if (value === undefined) return undefined;
  if (
    !Array.isArray(value) || value.some((item) => typeof item !== "string")
  ) {
    find("malformed-member", `${name} is ${quoted(value)}.`, answer);
    return undefined;
  }
  if (value.length === 0) find("empty-list", `${name} is [].`, answer);
  return value;
}

function examineTarget(
  { endpoint, find }: Examination,
  { location = "", exchange, ...answer }: Answer,
): void {
  const target = parseUrl(location, parseUrl(exchange.url));
  if (target?.protocol === "http:" && endpoint.protocol === "https:") {
    find("insecure-url", `A redirect leads to ${target.href}.`, {
      ...answer,
      exchange,
      location,
    });
  }
}
