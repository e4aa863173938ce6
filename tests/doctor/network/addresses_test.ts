import { assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  mayAsk,
  type Reach,
  reachOf,
} from "../../../src/doctor/network/addresses.ts";

const rows: readonly (readonly [why: string, host: string, reach: Reach])[] = [
  ["a name on the internet", "auth.example.com", "public"],
  ["a name with a last dot", "auth.example.com.", "public"],
  [
    "a name that only begins like a machine's own",
    "localhost.example.com",
    "public",
  ],
  ["an address on the internet", "93.184.216.34", "public"],
  ["the neighbour of 10.0.0.0/8", "11.0.0.0", "public"],
  ["the last before 172.16.0.0/12", "172.15.255.255", "public"],
  ["the first behind 172.16.0.0/12", "172.32.0.0", "public"],
  ["the last before 100.64.0.0/10", "100.63.255.255", "public"],
  ["the last before multicast", "223.255.255.255", "public"],
  ["an IPv6 address on the internet", "[2606:2800:220:1::1]", "public"],
  ["6to4 of an address on the internet", "[2002:5db8:d822::1]", "public"],
  ["this machine by name", "localhost", "loopback"],
  ["this machine by name, with a last dot", "localhost.", "loopback"],
  ["this machine by a name below it", "app.localhost", "loopback"],
  ["this machine in capitals", "LOCALHOST", "loopback"],
  ["this machine", "127.0.0.1", "loopback"],
  ["any of 127.0.0.0/8", "127.1.2.3", "loopback"],
  ["this machine in IPv6", "[::1]", "loopback"],
  ["this machine, mapped", "[::ffff:7f00:1]", "loopback"],
  ["this machine, mapped and dotted", "::ffff:127.0.0.1", "loopback"],
  ["this machine, by NAT64", "[64:ff9b::7f00:1]", "loopback"],
  ["this machine, by 6to4", "[2002:7f00:1::]", "loopback"],
  ["a cloud's secrets", "169.254.169.254", "link-local"],
  ["a cloud's secrets, mapped", "[::ffff:a9fe:a9fe]", "link-local"],
  ["a cloud's secrets by name", "metadata.google.internal", "link-local"],
  ["link-local IPv6", "[fe80::1]", "link-local"],
  ["the end of link-local IPv6", "[febf::1]", "link-local"],
  ["no address", "0.0.0.0", "private"],
  ["no address in IPv6", "[::]", "private"],
  ["10.0.0.0/8", "10.255.255.255", "private"],
  ["172.16.0.0/12", "172.31.255.255", "private"],
  ["192.168.0.0/16", "192.168.0.1", "private"],
  ["a carrier's own", "100.127.255.255", "private"],
  ["benchmarks", "198.19.255.255", "private"],
  ["multicast", "224.0.0.1", "private"],
  ["broadcast", "255.255.255.255", "private"],
  ["unique local IPv6", "[fd00::1]", "private"],
  ["multicast IPv6", "[ff02::1]", "private"],
  ["this machine, IPv4-compatible", "[::7f00:1]", "private"],
  ["an IPv4 address behind a local NAT64", "[64:ff9b:1::a00:1]", "private"],
  ["Teredo, which hides an IPv4 address", "[2001:0:7f00:1::]", "private"],
  ["documentation", "[2001:db8::1]", "private"],
  ["documentation in IPv4", "203.0.113.5", "private"],
  ["an address with a zone", "fe80::1%eth0", "link-local"],
  ["an address that cannot be read", "[1:2:3]", "private"],
  ["a name of this network", "printer", "private"],
  ["a name of a company's network", "keycloak.internal", "private"],
  ["a name of a household", "nas.local", "private"],
];

for (const [why, host, reach] of rows) {
  test(`reachOf() is ${reach} for ${host}: ${why}`, () => {
    assertEquals(reachOf(host), reach);
  });
}

const pairs:
  readonly (readonly [examined: string, named: string, may: boolean])[] = [
    ["notes.example.com", "auth.example.com", true],
    ["notes.example.com", "127.0.0.1", false],
    ["notes.example.com", "10.0.0.1", false],
    ["notes.example.com", "169.254.169.254", false],
    ["localhost", "127.0.0.1", true],
    ["localhost", "auth.example.com", true],
    ["localhost", "10.0.0.1", false],
    ["localhost", "169.254.169.254", false],
    ["10.0.0.1", "192.168.0.1", true],
    ["10.0.0.1", "127.0.0.1", false],
    ["10.0.0.1", "169.254.169.254", false],
  ];

for (const [examined, named, may] of pairs) {
  test(`mayAsk() is ${may} for ${named} in an examination of ${examined}`, () => {
    assertEquals(mayAsk(examined, named), may);
  });
}
