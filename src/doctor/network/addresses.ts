/**
 * Where a URL leads, judged by its host: a document must not send the examination to where only this machine can go.
 * Not implemented: names are not resolved here; `examine` is given a function that does.
 *
 * @module
 */

import { isLoopback } from "../../runtime/identifiers.ts";

/** From where a host can be reached. */
export type Reach = "public" | "private" | "loopback" | "link-local";

/** Address blocks that are not the internet's (IANA's special-purpose registries), as their first bits. */
const BLOCKS: readonly (readonly [base: string, bits: number, reach: Reach])[] =
  [
    ["127.0.0.0", 8, "loopback"],
    ["169.254.0.0", 16, "link-local"],
    ["0.0.0.0", 8, "private"],
    ["10.0.0.0", 8, "private"],
    ["100.64.0.0", 10, "private"],
    ["172.16.0.0", 12, "private"],
    ["192.0.0.0", 24, "private"],
    ["192.168.0.0", 16, "private"],
    ["198.18.0.0", 15, "private"],
    ["224.0.0.0", 3, "private"],
  ];

/** From where a host can be reached, by its name or address as `URL.hostname` gives it. */
export function reachOf(hostname: string): Reach {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  if (isLoopback(host)) return "loopback";
  if (host.startsWith("[") || host.includes(":")) {
    return reachOfIpv6(host.replace(/^\[|\]$/g, ""));
  }
  if (/^\d+(?:\.\d+){3}$/.test(host)) return reachOfIpv4(host);
  // Cloud providers' names for the machine's own secrets.
  if (/^metadata\./.test(host)) return "link-local";
  // A name without a dot is known to this network alone.
  const isLocal = !host.includes(".") ||
    /\.(?:local|internal|intranet|lan|home|home\.arpa|corp|private)$/.test(
      host,
    );
  return isLocal ? "private" : "public";
}

/** Whether an examination of one host may ask another one that a document names. */
export function mayAsk(examined: string, named: string): boolean {
  const reach = reachOf(named);
  return reach === "public" || reach === reachOf(examined);
}

function reachOfIpv4(address: string): Reach {
  const value = ipv4(address);
  const block = BLOCKS.find(([base, bits]) =>
    value >>> (32 - bits) === ipv4(base) >>> (32 - bits)
  );
  return block?.[2] ?? "public";
}

function ipv4(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Addresses that carry an IPv4 one (mapped, NAT64, 6to4) lead where that one does. */
function reachOfIpv6(address: string): Reach {
  const groups = ipv6(address.replace(/%.*$/, ""));
  if (groups === undefined) return "private";
  const [first = 0, second = 0, third = 0] = groups;
  const embedded = first === 0x2002
    ? [second, third]
    : groups.slice(0, 5).every((group) => group === 0) ||
        first === 0x64 && second === 0xff9b
    ? groups.slice(6)
    : undefined;
  if (embedded !== undefined) {
    if (groups.slice(0, 7).every((group) => group === 0)) {
      return groups[7] === 1 ? "loopback" : "private";
    }
    return reachOfIpv4(
      embedded.flatMap((group) => [group >> 8, group & 255]).join("."),
    );
  }
  if ((first & 0xffc0) === 0xfe80) return "link-local";
  // Global unicast is 2000::/3, and nothing else is the internet's.
  return (first & 0xe000) === 0x2000 ? "public" : "private";
}

function ipv6(address: string): number[] | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const text = dotted === null ? address : dotted[1]! +
    [ipv4(dotted[2]!) >>> 16, ipv4(dotted[2]!) & 0xffff]
      .map((group) => group.toString(16)).join(":");
  const [head = "", tail] = text.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [
    ...left,
    ...Array<string>(Math.max(0, zeros)).fill("0"),
    ...right,
  ]
    .map((group) => /^[\da-f]{1,4}$/i.test(group) ? parseInt(group, 16) : NaN);
  return groups.length === 8 && !groups.some(Number.isNaN) ? groups : undefined;
}
