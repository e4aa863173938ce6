/**
 * Checks of a challenge: its syntax, and how released clients parse it.
 *
 * @module
 */

import {
  type Challenge,
  parseChallenges,
} from "../../http/www_authenticate.ts";
import { parseUrl } from "../../runtime/identifiers.ts";
import type { ChallengeReading } from "../clients/client.ts";
import type { Examination } from "../examination.ts";
import type { Answer } from "../network/network.ts";
import { quoted } from "../output/text.ts";
import type { DpopOffer } from "../report.ts";
import { examineUrl } from "../network/urls.ts";

/** The parameters that clients read from a challenge. */
export interface ReadChallenge {
  /** The URL of the resource's metadata. */
  readonly resource_metadata?: string;
  /** The scopes to request. */
  readonly scope?: string;
  /** Why the token was rejected. */
  readonly error?: string;
}

const NAMES = ["resource_metadata", "scope", "error"] as const;

/** RFC 6750 §3.1, RFC 9470 §3, RFC 9449 §7.1. */
const ERROR_CODES: readonly string[] = [
  "invalid_request",
  "invalid_token",
  "insufficient_scope",
  "insufficient_user_authentication",
  "invalid_dpop_proof",
  "use_dpop_nonce",
];

/** Reads a challenge in the way of a kind of client. */
export function readChallenge(
  reading: ChallengeReading,
  field: string,
): ReadChallenge {
  switch (reading) {
    case "not read":
      return {};
    case "strict":
      return standard(field) ?? {};
    case "Bearer, so spelled":
      return /(?:^|,\s*)Bearer\b/.test(field) ? standard(field) ?? {} : {};
    case "any scheme":
      return byExpression(field, '(?:"([^"]+)"|([^\\s,]+))');
    case "Bearer first":
      return isBearerFirst(field)
        ? byExpression(field, '(?:"([^"]+)"|([^\\s,]+))')
        : {};
    case "quoted, Bearer first":
      return isBearerFirst(field) ? byExpression(field, '"([^"]*)"') : {};
  }
}

/** Examines the challenge in the response to a request without a token. */
export async function examineChallenge(
  examination: Examination,
  answer: Answer,
): Promise<void> {
  const { find } = examination;
  const field = answer.headers.get("www-authenticate");
  if (field === null) {
    find("no-challenge", "The 401 has no WWW-Authenticate header.", answer);
    return;
  }
  examineCaching(examination, answer);
  const seen = `WWW-Authenticate: ${field}`;
  const challenges = parsed(field);
  if (challenges === undefined) {
    const code = parsed(field.replace(UNQUOTED, '$1"$2"')) === undefined
      ? "challenge-malformed"
      : "resource-metadata-unquoted";
    find(code, seen, answer);
  }
  const bearer = challenges?.find(({ scheme }) => scheme === "bearer");
  const read = bearer?.params ??
    byExpression(field, '(?:"([^"]+)"|([^\\s,]+))');
  if (challenges !== undefined) examineReadings(examination, field, answer);
  examineParameters(examination, read, seen, answer);
  await examineLocation(examination, read.resource_metadata, seen, answer);
}

/** Examines with which scheme the challenge begins. A server that requires bound tokens needs no Bearer challenge. */
export function examineScheme(
  { find }: Examination,
  answer: Answer,
  offer: DpopOffer | undefined,
): void {
  const field = answer.headers.get("www-authenticate");
  if (field === null) return;
  if (offer?.mode === "required" && /^dpop /i.test(field)) return;
  const seen = `WWW-Authenticate: ${field}`;
  if (!isBearerFirst(field) && !/^\s*bearer\s*(?:,|$)/i.test(field)) {
    find("bearer-not-first", seen, answer);
  } else if (!field.startsWith("Bearer")) {
    find("bearer-spelling", seen, answer);
  }
}

/** `resource_metadata` with a URL that is not quoted. */
const UNQUOTED = /(resource_metadata=)([^\s",]+)/;

/** Whether the header begins with `Bearer` and one space, for clients that split it at spaces. */
function isBearerFirst(field: string): boolean {
  return /^bearer [^ ]/i.test(field);
}

/** The challenges of a header; `undefined` if it is malformed. */
export function parsed(field: string): Challenge[] | undefined {
  try {
    return parseChallenges(field);
  } catch {
    return undefined;
  }
}

/** The first Bearer challenge, parsed as RFC 9110 requires. */
function standard(field: string): ReadChallenge | undefined {
  return parsed(field)?.find(({ scheme }) => scheme === "bearer")?.params;
}

function byExpression(field: string, value: string): ReadChallenge {
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const match = new RegExp(`${name}=${value}`).exec(field);
      const found = match?.[1] ?? match?.[2];
      return found === undefined ? [] : [[name, found]];
    }),
  );
}

function examineReadings(
  { find }: Examination,
  field: string,
  answer: Answer,
): void {
  const right = standard(field);
  if (right === undefined || !isBearerFirst(field)) return;
  const misread = readChallenge("Bearer first", field);
  for (const name of NAMES) {
    // An empty scope is a separate finding.
    if (right[name] === "" || right[name] === misread[name]) continue;
    const seen = `${name} is ${quoted(right[name])}, and is read as ${
      quoted(misread[name])
    } in ${field}`;
    find("challenge-misread", seen, answer);
  }
}

function examineParameters(
  { find }: Examination,
  { scope, error, resource_metadata }: ReadChallenge,
  seen: string,
  answer: Answer,
): void {
  if (scope === "") find("empty-scope", seen, answer);
  if (scope?.split(" ").includes("offline_access")) {
    find("offline-access", seen, answer);
  }
  if (error !== undefined) {
    const code = ERROR_CODES.includes(error)
      ? "error-without-token"
      : "unknown-error-code";
    find(code, seen, answer);
  }
  if (resource_metadata === undefined) {
    find("resource-metadata-missing", seen, answer);
  }
}

async function examineLocation(
  examination: Examination,
  url: string | undefined,
  seen: string,
  answer: Answer,
): Promise<void> {
  if (url === undefined) return;
  const { endpoint, find } = examination;
  const named = parseUrl(url);
  if (named === undefined || !/^https?:$/.test(named.protocol)) {
    find("resource-metadata-not-url", seen, answer);
    return;
  }
  await examineUrl(examination, "resource_metadata", url, answer);
  if (named.host !== endpoint.host) {
    find("resource-metadata-elsewhere", seen, answer);
  }
}

function examineCaching({ find }: Examination, answer: Answer): void {
  const field = answer.headers.get("cache-control") ?? "";
  const isKept = /\bpublic\b|\b(?:s-)?max-?age\s*=\s*"?[1-9]/i.test(field);
  if (isKept && !/\bno-store\b|\bprivate\b/i.test(field)) {
    find("challenge-cacheable", `Cache-Control: ${field}`, answer);
  }
}
