import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import {
  checkPublicHost,
  isPublicAddress,
  isPublicName,
  runtimeResolver,
} from "../../../src/bridge/clients/addresses.ts";

test("an address is public unless it is one of a private or special block", () => {
  const rows: [why: string, address: string, expected: boolean][] = [
    ["public", "93.184.216.34", true],
    ["public", "2606:2800:220:1:248:1893:25c8:1946", true],
    ["loopback", "127.0.0.1", false],
    ["loopback", "127.255.0.1", false],
    ["loopback", "::1", false],
    ["unspecified", "0.0.0.0", false],
    ["unspecified", "::", false],
    ["private", "10.0.0.1", false],
    ["private", "172.16.0.1", false],
    ["private", "192.168.1.1", false],
    ["unique local", "fd00::1", false],
    ["carrier-grade NAT", "100.64.0.1", false],
    ["link-local: cloud metadata", "169.254.169.254", false],
    ["link-local", "fe80::1", false],
    ["cloud metadata", "fd00:ec2::254", false],
    ["mapped loopback", "::ffff:127.0.0.1", false],
    ["mapped private", "::ffff:10.0.0.1", false],
    ["mapped, in hexadecimal", "::ffff:7f00:1", false],
    ["compatible with IPv4, in hexadecimal", "::7f00:1", false],
    ["not assigned", "4000::1", false],
    ["NAT64 of a private one", "64:ff9b::10.0.0.1", false],
    ["6to4 of loopback", "2002:7f00:1::", false],
    ["multicast", "224.0.0.1", false],
    ["broadcast", "255.255.255.255", false],
    ["documentation", "192.0.2.1", false],
    ["none", "client.example", false],
  ];
  for (const [why, address, expected] of rows) {
    assertEquals(isPublicAddress(address), expected, `${why}: ${address}`);
  }
});

test("a name that only a network of its own knows is not public", () => {
  for (
    const name of [
      "localhost",
      "localhost.",
      "app.localhost",
      "intranet",
      "metadata.google.internal",
      "printer.local",
      "router.lan",
      "box.home.arpa",
      "127.0.0.1",
      "[::1]",
      "0x7f000001",
    ]
  ) assertEquals(isPublicName(name), false, name);
  assertEquals(isPublicName("client.example"), true);
});

test("a name is refused if one of its addresses is private, or it has none", async () => {
  const check = (addresses: readonly string[]): Promise<unknown> =>
    checkPublicHost("client.example", () => Promise.resolve(addresses));
  await check(["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]);
  for (
    const addresses of [[], ["93.184.216.34", "10.0.0.1"], ["::ffff:127.0.0.1"]]
  ) {
    await assertRejects(() => check(addresses));
  }
  await assertRejects(() =>
    checkPublicHost("client.example", () => Promise.reject(new Error("none")))
  );
});

test("the runtime's own resolver knows this machine; a Worker has none", async () => {
  const isWorker = navigator.userAgent === "Cloudflare-Workers";
  const addresses = await runtimeResolver()?.("localhost");
  assertEquals(
    addresses?.some((one) => ["127.0.0.1", "::1"].includes(one)),
    isWorker ? undefined : true,
  );
});
