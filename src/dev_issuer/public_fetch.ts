/**
 * Fetches URLs that anyone can name: https on the internet, and nothing on this machine or its network.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { parseUrl } from "../runtime/identifiers.ts";

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** IANA's special-purpose blocks: https://www.iana.org/assignments/iana-ipv4-special-registry */
const SPECIAL = new BlockList();
for (
  const [base, bits] of [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["224.0.0.0", 3],
  ] as const
) SPECIAL.addSubnet(base, bits, "ipv4");

/**
 * A `fetch` for what a page or a client names. Redirects are not followed.
 *
 * @param fetch Default: the runtime's own, behind a check of the addresses that the host has.
 * @throws {TypeError} If the URL is not https, or its host is not on the internet.
 */
export function publicFetch(fetch: Fetch = fetchByAddress): Fetch {
  return async (url, init) => {
    const target = parseUrl(url);
    if (target?.protocol !== "https:" || !mayBePublic(target.hostname)) {
      throw new TypeError("Cannot fetch: the URL is not https on the internet");
    }
    return await fetch(url, { ...init, redirect: "manual" });
  };
}

/** The address may change until the request looks it up again: this server is for development. */
async function fetchByAddress(
  url: string,
  init?: RequestInit,
): Promise<Response> {
  const { hostname } = new URL(url);
  const found = await lookup(hostname.replace(/^\[|\]$/g, ""), { all: true });
  if (!found.every(({ address }) => isPublicAddress(address))) {
    throw new TypeError("Cannot fetch: the host's address is not public");
  }
  return await fetch(url, init);
}

/** By its name alone. One without a dot is known to this network only. */
function mayBePublic(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) !== 0) return isPublicAddress(host);
  return host.includes(".") &&
    !/\.(?:localhost|local|internal|lan|home\.arpa)$/.test(host);
}

/** Of IPv6, global unicast (2000::/3) alone, without the addresses that lead to an IPv4 one (6to4). */
function isPublicAddress(address: string): boolean {
  return isIP(address) === 6
    ? /^[23]/.test(address) && !/^2002:/i.test(address)
    : !SPECIAL.check(address, "ipv4");
}
