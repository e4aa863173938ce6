/**
 * Where an authorization response may go: the rules for redirect URIs when a client registers them and when it uses
 * one ({@link https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2 | RFC 6749 §3.1.2},
 * {@link https://www.rfc-editor.org/rfc/rfc8252#section-7 | RFC 8252 §7},
 * {@link https://www.rfc-editor.org/rfc/rfc9700#section-2.1 | RFC 9700 §2.1}).
 *
 * @module
 */

import { isLoopback } from "../../runtime/identifiers.ts";
import { partsOf, type RedirectUri } from "./redirect_uri.ts";

/** The schemes of the editors and desktop clients that MCP users have. Any other scheme has to be configured. */
const EDITOR_SCHEMES: readonly string[] = [
  "amp",
  "claude",
  "cline",
  "code-oss",
  "cursor",
  "goose",
  "jetbrains",
  "kiro",
  "lmstudio",
  "raycast",
  "trae",
  "vscode",
  "vscode-insiders",
  "vscodium",
  "warp",
  "windsurf",
  "zed",
];

/** Which redirect URIs a bridge accepts. */
export interface RedirectRules {
  /** The parts of a redirect URI that may be used, or `undefined`. */
  read(uri: string): RedirectUri | undefined;
  /** Whether a redirect URI may be used, and is one of those registered. On loopback any port may be used. */
  matches(uri: string, registered: readonly string[]): boolean;
}

/** What differs from the default rules. */
export interface RedirectOptions {
  readonly issuer: string;
  /** Hosts, all others being refused. Default: any host. */
  readonly allowedRedirectHosts?: readonly string[] | undefined;
  /** Private-use schemes beside those of the editors. Default: none. */
  readonly redirectSchemes?: readonly string[] | undefined;
}

/**
 * The rules of a bridge.
 *
 * @throws {TypeError} If a configured scheme is one that a browser runs or fetches, or a host is not one.
 */
export function redirectRules(options: RedirectOptions): RedirectRules {
  const { allowedRedirectHosts, redirectSchemes = [] } = options;
  const issuer = new URL(options.issuer);
  const isLocalIssuer = isLoopback(issuer.hostname);
  for (const scheme of redirectSchemes) {
    if (
      !/^[a-z][a-z\d+.-]*$/.test(scheme) ||
      /^(?:https?|javascript|data|vbscript|file|blob|about|wss?|ftp)$/
        .test(scheme)
    ) {
      throw new TypeError(
        `Cannot use redirectSchemes ${scheme}: write a private-use scheme in lower case, without its colon`,
      );
    }
  }
  for (const host of allowedRedirectHosts ?? []) {
    if (!/^(?:[^\s/?#:@[\]\\A-Z]+|\[[\da-f:.]+\])$/.test(host)) {
      throw new TypeError(
        `Cannot use allowedRedirectHosts ${host}: write a host in lower case, without scheme, port and path`,
      );
    }
  }
  const schemes = new Set([...EDITOR_SCHEMES, ...redirectSchemes]);

  function read(uri: string): RedirectUri | undefined {
    const parts = partsOf(uri);
    if (parts === undefined) return undefined;
    const { protocol, hostname, port, isLoopback } = parts;
    const isWeb = protocol === "https:" || protocol === "http:" && isLoopback;
    if (!isWeb && !schemes.has(protocol.slice(0, -1))) return undefined;
    if (isWeb && leadsToIssuer(protocol, hostname, port)) return undefined;
    return allowedRedirectHosts?.includes(hostname) === false
      ? undefined
      : parts;
  }

  /**
   * Whether the issuer itself may answer. It may on any name of this machine if it is on loopback, and on its own name
   * with the dot of a fully qualified one.
   */
  function leadsToIssuer(
    protocol: string,
    hostname: string,
    port: string,
  ): boolean {
    const name = hostname.replace(/\.+$/, "");
    const isSameHost = name === issuer.hostname.replace(/\.+$/, "") ||
      isLocalIssuer && isLoopback(name);
    return isSameHost && portOf(protocol, port) ===
        portOf(issuer.protocol, issuer.port);
  }

  return {
    read,
    matches(uri, registered): boolean {
      const parts = read(uri);
      if (parts === undefined) return false;
      if (registered.includes(uri)) return true;
      return parts.isLoopback && registered.some((other) => {
        const known = partsOf(other);
        return known !== undefined && known.protocol === parts.protocol &&
          known.hostname === parts.hostname && known.rest === parts.rest;
      });
    },
  };
}

function portOf(protocol: string, port: string): string {
  return port || (protocol === "https:" ? "443" : "80");
}
