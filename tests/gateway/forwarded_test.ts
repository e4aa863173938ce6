import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { writeForwarded } from "../../src/gateway/forwarded.ts";

/** What a runtime says of the client's end, and what the upstream receives. */
const addresses: readonly (readonly [
  why: string,
  hostname: unknown,
  forwarded: string,
  address: string | null,
])[] = [
  ["IPv4", "192.0.2.1", "for=192.0.2.1", "192.0.2.1"],
  ["IPv6", "2001:db8::1", 'for="[2001:db8::1]"', "2001:db8::1"],
  ["IPv4 in IPv6", "::ffff:192.0.2.1", "for=192.0.2.1", "192.0.2.1"],
  ["a name", "client.example", "for=unknown", null],
  ["an element after it", "192.0.2.1;host=evil", "for=unknown", null],
  ["an element before it", "evil, for=192.0.2.1", "for=unknown", null],
  ["a zone after it", "fe80::1%eth0", "for=unknown", null],
  ["no string", 1, "for=unknown", null],
  ["nothing", undefined, "for=unknown", null],
];

for (const [why, hostname, forwarded, address] of addresses) {
  test(`writeForwarded() writes ${forwarded} for ${why}`, () => {
    const headers = new Headers();
    writeForwarded(headers, undefined, { remoteAddr: { hostname } } as object);
    assertEquals(headers.get("forwarded"), forwarded);
    assertEquals(headers.get("x-forwarded-for"), address);
  });
}
