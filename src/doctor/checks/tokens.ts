/**
 * Checks of the endpoint with tokens: forged ones, and those that the caller passes.
 *
 * @module
 */

import { base64url } from "jose";
import {
  type Check,
  mustBe,
  type OptionShape,
} from "../../runtime/option_checks.ts";
import { reachOf } from "../network/addresses.ts";
import type { DpopOffer } from "../report.ts";
import { statusOf } from "./endpoint.ts";
import type { Examination } from "../examination.ts";
import { initialize } from "./messages.ts";
import type { Answer } from "../network/network.ts";

const stage = "tokens";

/** Access tokens to examine a server with. */
export interface Tokens {
  /** A token that the server must accept. */
  readonly valid?: string | undefined;
  /** An authentic token for another resource. */
  readonly wrongAudience?: string | undefined;
  /** An authentic token for this resource that has expired. */
  readonly expired?: string | undefined;
}

const aToken: Check = mustBe(
  (value) => typeof value === "string",
  "write a string; an empty one is the same as none",
);

/** The members of {@linkcode Tokens}. */
export const TOKENS_SHAPE: OptionShape<Tokens> = {
  members: { valid: aToken, wrongAudience: aToken, expired: aToken },
};

/** Examines how the endpoint answers tokens. */
export async function examineTokens(
  examination: Examination,
  unauthorized: Answer,
  servers: readonly string[],
  tokens: Tokens,
  offer: DpopOffer | undefined,
): Promise<void> {
  const isBound = offer?.mode === "required";
  await examineMadeUp(examination, unauthorized, servers, isBound);
  const { endpoint, find } = examination;
  // Real tokens are never sent unencrypted.
  const isSafe = endpoint.protocol === "https:" ||
    reachOf(endpoint.hostname) === "loopback";
  // Where tokens have to be bound, each needs a proof by the key of its client.
  const { valid, wrongAudience, expired }: Tokens = isSafe && !isBound
    ? tokens
    : {};
  if (valid !== undefined) {
    const answer = await present(examination, "a token", valid);
    if ([401, 403].includes(answer.status) || answer.status >= 500) {
      find("token-refused", statusOf(answer), answer);
    }
    examineSession(examination, answer);
  }
  if (wrongAudience !== undefined) {
    const about = "a token for another resource";
    const answer = await present(examination, about, wrongAudience);
    if (isLetIn(answer)) {
      find("wrong-audience-accepted", statusOf(answer), answer);
    } else judgeRefusal(examination, answer, "bad-token-status");
  }
  if (expired !== undefined) {
    const answer = await present(examination, "an expired token", expired);
    if (isLetIn(answer)) find("expired-accepted", statusOf(answer), answer);
    else judgeRefusal(examination, answer, "expired-forbidden");
  }
}

async function examineMadeUp(
  examination: Examination,
  unauthorized: Answer,
  servers: readonly string[],
  isBound: boolean,
): Promise<void> {
  // An endpoint that accepts requests without a token does not check tokens.
  if (isLetIn(unauthorized)) return;
  const { find } = examination;
  const nonsense = await present(
    examination,
    "nonsense for a token",
    "nonsense",
  );
  if (isLetIn(nonsense)) {
    find("bad-token-accepted", statusOf(nonsense), nonsense);
  } else judgeRefusal(examination, nonsense, "bad-token-status", isBound);
  for (const alg of ["none", "RS256"]) {
    const about = alg === "none" ? "an unsigned token" : "a forged token";
    const token = forge(examination, alg, servers[0]);
    const answer = await present(examination, about, token);
    if (isLetIn(answer)) {
      find("forged-token-accepted", statusOf(answer), answer);
    } else judgeRefusal(examination, answer, "bad-token-status", isBound);
  }
}

function judgeRefusal(
  { find }: Examination,
  answer: Answer,
  code: "bad-token-status" | "expired-forbidden",
  isBound = false,
): void {
  const { status, headers } = answer;
  // 400 is allowed for a malformed Authorization header, and 503 for an unreachable issuer.
  if (![0, 401, 503].includes(status)) {
    return find(code, statusOf(answer), answer);
  }
  if (status !== 401) return;
  const field = headers.get("www-authenticate") ?? "";
  const seen = `WWW-Authenticate: ${field || "(missing)"}`;
  // Where tokens have to be bound, Bearer is a scheme that is not supported, which is no error of the token.
  const isOtherScheme = isBound && /^dpop /i.test(field);
  if (!isOtherScheme && !/\berror="?invalid_token\b/.test(field)) {
    find("bad-token-error", seen, answer);
  }
  if (!/\bresource_metadata=/.test(field)) {
    find("bad-token-challenge", seen, answer);
  }
}

async function present(
  { url, network, pageOrigin }: Examination,
  about: string,
  token: string,
): Promise<Answer> {
  return await network.ask({
    stage,
    purpose: `initialize with ${about}`,
    ...initialize(url, {
      authorization: `Bearer ${token}`,
      origin: pageOrigin,
    }),
  });
}

function isLetIn({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function examineSession({ find }: Examination, answer: Answer): void {
  if (!answer.headers.has("mcp-session-id")) return;
  const exposed = answer.headers.get("access-control-expose-headers") ?? "";
  const isExposed = exposed.toLowerCase().split(",")
    .some((name) => ["*", "mcp-session-id"].includes(name.trim()));
  if (!isExposed) {
    const seen = `Access-Control-Expose-Headers: ${exposed || "(missing)"}`;
    find("session-hidden", seen, answer);
  }
}

/** A token with the right claims, but without a valid signature. */
function forge(
  { url, now }: Examination,
  alg: string,
  issuer: string | undefined,
): string {
  const iat = Math.floor(now() / 1000);
  const claims = {
    iss: issuer,
    sub: "gatehouse-doctor",
    aud: url,
    client_id: "gatehouse-doctor",
    iat,
    exp: iat + 300,
  };
  const signature = alg === "none" ? "" : "Z2F0ZWhvdXNlLWRvY3Rvcg".repeat(16);
  const parts = [{ alg, typ: "at+jwt" }, claims].map((part) =>
    base64url.encode(JSON.stringify(part))
  );
  return [...parts, signature].join(".");
}
