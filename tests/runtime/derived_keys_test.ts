import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { deriveBytes, ed25519Key } from "../../src/runtime/derived_keys.ts";

test("deriveBytes() gives RFC 5869's test case 3, which has neither salt nor info", async () => {
  const bytes = await deriveBytes(new Uint8Array(22).fill(0x0b), "");
  assertEquals(
    Buffer.from(bytes).toString("hex"),
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
  );
});

test("ed25519Key() has the public half of RFC 8032's first test", async () => {
  const seed = Buffer.from(
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "hex",
  );
  const { x = "" } = await crypto.subtle.exportKey(
    "jwk",
    await ed25519Key(seed),
  );
  assertEquals(
    Buffer.from(x, "base64url").toString("hex"),
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  );
});
