/**
 * The URLs in documents and headers.
 *
 * @module
 */

import { parseUrl } from "../../runtime/identifiers.ts";
import { reachOf } from "./addresses.ts";
import type { Examination } from "../examination.ts";
import type { Answer } from "./network.ts";
import { quoted } from "../output/text.ts";

/** Examines a URL from a document or a header, and returns whether it may be requested. */
export async function examineUrl(
  { endpoint, network, find }: Examination,
  name: string,
  value: unknown,
  answer: Answer,
): Promise<boolean> {
  const seen = `${name} is ${quoted(value)}.`;
  const url = parseUrl(value);
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    find("unsafe-url", seen, answer);
    return false;
  }
  const isInsecure = url.protocol === "http:" && endpoint.protocol === "https:";
  const isPrivate = reachOf(endpoint.hostname) === "public" &&
    reachOf(url.hostname) !== "public";
  if (isPrivate) find("private-url", seen, answer);
  else if (isInsecure) find("insecure-url", seen, answer);
  const refusal = await network.refusalOf(url.href);
  if (refusal === undefined) return true;
  if (!isPrivate && !isInsecure) {
    find(
      "url-not-asked",
      `${seen} It was not requested, since ${refusal}.`,
      answer,
    );
  }
  return false;
}
