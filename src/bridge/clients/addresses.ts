/**
 * Whether a host is one of the public internet. What a client names must not make this server ask its own network
 * (server-side request forgery).
 *
 * @module
 */

import ipaddr from "ipaddr.js";

/** Resolves a host name to its addresses. Throws if it has none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** Names that a public server does not have: of this machine, of this network, and those without a dot. */
const LOCAL_NAME =
  /^[^.]*\.?$|\.(?:localhost|local|internal|intranet|lan|home|corp|private|home\.arpa)\.?$/i;

/** Whether a host, as `URL.hostname` gives it, is an IP address. */
export function isAddress(hostname: string): boolean {
  return ipaddr.isValid(hostname.replace(/^\[|\]$/g, ""));
}

/** Whether a host name is one that the public internet may know. */
export function isPublicName(hostname: string): boolean {
  return !isAddress(hostname) && !LOCAL_NAME.test(hostname);
}

/**
 * Whether an address is of the public internet: not private, loopback, link-local, multicast or reserved. An IPv6
 * address that carries an IPv4 one (mapped, NAT64, 6to4, Teredo) is not public: it leads where the IPv4 address does.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  // Of IPv6, 2000::/3 alone is the internet's (RFC 4291 §2.4): ::7f00:1 is loopback in an older form.
  const isRouted = !(parsed instanceof ipaddr.IPv6) ||
    (parsed.parts[0]! & 0xe000) === 0x2000;
  return isRouted && parsed.range() === "unicast";
}

/**
 * Checks that a name leads to the public internet and nowhere else. Resolves to its addresses, or to `undefined` if
 * there is no way to look them up.
 *
 * @throws {Error} If one of its addresses is not public, or it has none.
 */
export async function checkPublicHost(
  hostname: string,
  resolve: Resolve | undefined,
): Promise<readonly string[] | undefined> {
  if (!isPublicName(hostname)) throw new Error(`${hostname} is not public`);
  const addresses = await resolve?.(hostname);
  if (
    addresses !== undefined &&
    (addresses.length === 0 || !addresses.every(isPublicAddress))
  ) throw new Error(`${hostname} leads to a private address`);
  return addresses;
}

/** What Node, Deno and Bun have. */
interface Globals {
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: { getBuiltinModule?(name: string): unknown };
}

/** A module of the runtime; `undefined` if it has none. */
export function runtimeModule<T>(name: string): T | undefined {
  const { process, navigator } = globalThis as Globals;
  // Workers have some of Node's modules, which cannot look a name up. Their fetch reaches no private network.
  if (navigator?.userAgent === "Cloudflare-Workers") return undefined;
  return process?.getBuiltinModule?.(name) as T | undefined;
}

/** What is used of `node:dns/promises`. */
interface Dns {
  lookup(
    hostname: string,
    options: { readonly all: true },
  ): Promise<readonly { readonly address: string }[]>;
}

/** The runtime's own resolver; `undefined` where it has none, or has no way to ask it. */
export function runtimeResolver(): Resolve | undefined {
  const dns = runtimeModule<Dns>("node:dns/promises");
  if (typeof dns?.lookup !== "function") return undefined;
  return async (hostname) =>
    (await dns.lookup(hostname, { all: true })).map(({ address }) => address);
}
