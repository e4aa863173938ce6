/**
 * What a client sends, written down as lines that a test can compare.
 *
 * @module
 */
import { type Challenge, parseChallenges } from "../../mod.ts";
import type { Example } from "./example.ts";

/** The requests of one client, which has to be given `fetch`. */
export interface Requests {
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  /** The challenges of all answers. */
  readonly challenges: readonly Challenge[];
  /** Where the resource's metadata was looked for. */
  readonly metadataUrls: readonly string[];
  /**
   * The requests since the last call, such as `POST /mcp tools/call whoami 200` or
   * `POST issuer/token refresh_token 200`, in the order in which they began. Not the stream that clients try to open
   * beside everything else: when they do is left to chance.
   */
  take(): string[];
}

/** Writes down the requests to an example and to its authorization server. */
export function recordRequests(
  { origin, issuer }: Pick<Example, "origin" | "issuer">,
): Requests {
  const challenges: Challenge[] = [];
  const metadataUrls: string[] = [];
  const entries: { readonly request: string; status: string }[] = [];
  return {
    challenges,
    metadataUrls,
    take: () =>
      entries.splice(0)
        .filter(({ request }) => request !== "GET /mcp")
        .map(({ request, status }) => `${request} ${status}`),
    async fetch(url, init = {}): Promise<Response> {
      const target = `${url}`.replace(origin, "").replace(issuer, "issuer");
      const words = [init.method ?? "GET", target, ...contentOf(init.body)];
      const entry = { request: words.join(" "), status: "unanswered" };
      entries.push(entry);
      if (target.startsWith("/.well-known/")) metadataUrls.push(`${url}`);
      const response = await fetch(url, init);
      entry.status = `${response.status}`;
      const field = response.headers.get("www-authenticate");
      if (field !== null) challenges.push(...parseChallenges(field));
      return response;
    },
  };
}

/** A message's method and the tool that it names, or what a token is asked for. */
function contentOf(body: BodyInit | null | undefined): string[] {
  if (body instanceof URLSearchParams) return body.getAll("grant_type");
  const { method, params } = JSON.parse(String(body ?? "{}"));
  return [method, params?.name].filter((word) => typeof word === "string");
}
