/**
 * From where a URL's host can be reached. A document must not make the doctor send requests to hosts that only this
 * machine can reach. Not implemented: resolving names; `examine` has the option `lookup` for it.
 *
 * @module
 */

import ipaddr from "ipaddr.js";
import { isLoopback } from "../../runtime/identifiers.ts";

/** From where a host can be reached. */
export type Reach = "public" | "private" | "loopback" | "link-local";

/** From where a host can be reached, by its name or address as `URL.hostname` gives it. */
export function reachOf(hostname: string): Reach {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  if (isLoopback(host)) return "loopback";
  const address = host.replace(/^\[|\]$/g, "");
  if (ipaddr.isValid(address)) return reachOfAddress(ipaddr.parse(address));
  if (address !== host || host.includes(":")) return "private";
  // The metadata services of cloud providers, which hold a machine's credentials.
  if (/^metadata\./.test(host)) return "link-local";
  // A name without a dot exists only in the local network.
  const isLocal = !host.includes(".") ||
    /\.(?:local|internal|intranet|lan|home|home\.arpa|corp|private)$/.test(
      host,
    );
  return isLocal ? "private" : "public";
}

/** Whether the examination of a host may send requests to another host that a document names. */
export function mayAsk(examined: string, named: string): boolean {
  const reach = reachOf(named);
  return reach === "public" || reach === reachOf(examined);
}

/** Public addresses are those outside IANA's registries of special-purpose addresses. */
function reachOfAddress(address: ipaddr.IPv4 | ipaddr.IPv6): Reach {
  const inner = isIpv6(address) ? ipv4Within(address) : undefined;
  if (inner !== undefined) return reachOfAddress(inner);
  // Of IPv6, only 2000::/3 is assigned.
  if (isIpv6(address) && !address.match(GLOBAL_UNICAST, 3)) {
    return REACHES[address.range()] ?? "private";
  }
  const range = address.range();
  return range === "unicast" ? "public" : REACHES[range] ?? "private";
}

const REACHES: Readonly<Record<string, Reach>> = {
  loopback: "loopback",
  linkLocal: "link-local",
};

const GLOBAL_UNICAST = ipaddr.IPv6.parse("2000::");

function isIpv6(address: ipaddr.IPv4 | ipaddr.IPv6): address is ipaddr.IPv6 {
  return address.kind() === "ipv6";
}

/** The IPv4 address that an IPv6 address embeds (mapped, NAT64, 6to4), and to which its packets are sent. */
function ipv4Within(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  const bytes = address.toByteArray();
  switch (address.range()) {
    case "ipv4Mapped":
    case "rfc6145":
    case "rfc6052":
      return new ipaddr.IPv4(bytes.slice(12));
    case "6to4":
      return new ipaddr.IPv4(bytes.slice(2, 6));
    default:
      return undefined;
  }
}
