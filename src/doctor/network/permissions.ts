/**
 * Which URLs an examination may request.
 *
 * @module
 */

import { parseUrl } from "../../runtime/identifiers.ts";
import { mayAsk } from "./addresses.ts";

/** How long resolving a name may take. */
const LOOKUP_TIMEOUT_SECONDS = 5;

/** Options of the permissions. */
export interface PermissionOptions {
  /** The URL of the server that is examined. */
  readonly examined: URL;
  /** Hosts that may always receive requests. */
  readonly allowHosts: readonly string[];
  /** Resolves a host name to its addresses. */
  readonly lookup:
    | ((hostname: string) => Promise<readonly string[]>)
    | undefined;
}

/** Why no request may be sent to a URL, in words; `undefined` if it may. A name is looked up once. */
export function permissions(
  { examined, allowHosts, lookup }: PermissionOptions,
  secondsLeft: () => number,
): (url: string) => Promise<string | undefined> {
  const refusals = new Map<string, string | undefined>();
  async function refusalOf(url: string): Promise<string | undefined> {
    const target = parseUrl(url);
    if (target === undefined) return "it is not a URL";
    const { protocol, hostname, origin, username, password } = target;
    if (origin === examined.origin) return undefined;
    if (username + password !== "") return "it has credentials";
    if (allowHosts.includes(hostname)) return undefined;
    const isPlain = protocol === "http:" && examined.protocol === "http:" &&
      mayAsk(examined.hostname, hostname);
    if (protocol !== "https:" && !isPlain) return "it is not https";
    if (!mayAsk(examined.hostname, hostname)) {
      return "its host is not on the internet";
    }
    if (!refusals.has(hostname)) {
      refusals.set(hostname, await refusalByAddress(hostname));
    }
    return refusals.get(hostname);
  }

  /** A public name may resolve to an address that is not public. */
  async function refusalByAddress(name: string): Promise<string | undefined> {
    if (lookup === undefined) return undefined;
    const addresses = await withinSeconds(
      Math.min(LOOKUP_TIMEOUT_SECONDS, secondsLeft()),
      lookup(name).catch(() => []),
    );
    if (addresses === undefined) {
      return "its host's address is not known in time";
    }
    // The request resolves the name again, and may get another address.
    if (addresses.length === 0) return "its host's address is not known";
    return addresses.every((address) => mayAsk(examined.hostname, address))
      ? undefined
      : "its host's address is not on the internet";
  }

  return refusalOf;
}

/** The result, or `undefined` if it takes too long. */
async function withinSeconds<T>(
  seconds: number,
  work: Promise<T>,
): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, seconds * 1000), undefined);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
