/**
 * What the suite is made of, and what each of its expectations is given.
 *
 * @module
 */
import type { Issuer, TokenOptions } from "./issuer.ts";

/** One thing that is true of every example, on every runtime. */
export interface Expectation {
  /** The topic, a colon, and what is promised. */
  readonly name: string;
  /** Fails by throwing. Depends on no other expectation, and may run after any of them. */
  readonly check: (server: Server) => Promise<void>;
}

/** In what an example may differ, since its platform leaves it no choice. */
export interface Platform {
  /**
   * What becomes of two `Authorization` fields: the program sees both and refuses them, or the platform drops the
   * second before any program sees it.
   */
  readonly twoAuthorizations: "refused" | "second dropped";
  /**
   * What becomes of bytes that are no request, of which no program learns: the platform answers 4xx or hangs up, or it
   * says 500 or 501.
   */
  readonly noRequest: "4xx" | "5xx";
  /** What becomes of a field with a space before its colon: it is refused or dropped, or is read without the space. */
  readonly spaceBeforeColon: "refused" | "read";
  /**
   * Whether the platform sends a response on while the handler is at work; and if it does, whether the program learns
   * that a client has left, or runs on.
   */
  readonly responses: "streamed" | "uninterrupted" | "buffered";
  /**
   * Who answers a request without an acceptable token: the program; or a gateway in front of it, before the program
   * sees the request's origin, host and body. A gateway has one challenge for all of them, and renames the program's.
   */
  readonly challenges: "program" | "gateway";
  /** The form of the messages that it is sent: of MCP 2026-07-28, or of the versions before. */
  readonly era: "legacy" | "modern";
}

/** What a platform can do that leaves a program every choice. */
export const PLATFORM: Platform = {
  twoAuthorizations: "refused",
  noRequest: "4xx",
  spaceBeforeColon: "refused",
  responses: "streamed",
  challenges: "program",
  era: "legacy",
};

/** Whether a status says that the request was not taken. */
export function isRefusal(status: number, { noRequest }: Platform): boolean {
  return status >= 400 && status < 500 || status === 505 ||
    noRequest === "5xx" && (status === 500 || status === 501);
}

/** A running example. */
export interface Server {
  /** The resource identifier: `http://localhost:<port>/mcp`. */
  readonly resource: string;
  /** The resource's origin. */
  readonly origin: string;
  /** The one that it trusts. */
  readonly issuer: Issuer;
  readonly platform: Platform;
  /** Requests a path of the example, or any other URL. Follows no redirect. */
  fetch(target: string, init?: RequestInit): Promise<Answer>;
  /**
   * Sends bytes (Latin-1) over a connection of its own, and the next ones when something has come back, or nothing
   * has for 3 s. Resolves to all that came, when the connection has ended.
   */
  raw(...bytes: readonly string[]): Promise<string>;
  /** An access token for the resource with these scopes. */
  token(scope: string, options?: TokenOptions): Promise<string>;
  /** All that the example has printed. */
  printed(): Promise<string>;
  /** Starts another example like this one, which trusts another issuer. */
  startAnother(issuer: Issuer): Promise<Server>;
}

/** A response that was read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}
