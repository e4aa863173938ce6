import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { test } from "node:test";
import { readProof } from "../../src/dpop/proof.ts";
import { normalizeUrl, publicUrls } from "../../src/dpop/target.ts";
import { AccessTokenError } from "../../src/errors.ts";
import { dpopWorld } from "../dpop/world.ts";
import { RESOURCE } from "../support/protected.ts";
import { holds, thrownBy } from "./property.ts";

const RULES = {
  algorithms: ["ES256"],
  maxAgeSeconds: 60,
  now: (): number => 0,
};
const TARGET = { method: "POST", url: RESOURCE };

function segment(value: unknown): string {
  return btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_")
    .replaceAll("=", "");
}

const json = fc.jsonValue().map((value) =>
  JSON.parse(JSON.stringify(value).replace(/[^ -~]/g, ""))
);
/** A good proof's parts, some of which are replaced. */
const members = fc.record({
  typ: mostly("dpop+jwt"),
  alg: mostly("ES256"),
  jwk: mostly({ kty: "EC" }),
  jti: mostly("x"),
  htm: mostly("POST"),
  htu: mostly(RESOURCE),
  iat: fc.oneof(mostly(0), fc.double()),
});

function mostly(good: unknown): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: fc.constant(good) }, json);
}

test(
  "readProof() refuses what is no proof with invalid_proof, and throws nothing else",
  holds(
    fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(..."ab.,_-=") }),
      members.map(({ typ, alg, jwk, ...claims }) =>
        [segment({ typ, alg, jwk }), segment(claims), "AA"].join(".")
      ),
    ),
    async (header) => {
      const error = await thrownBy(
        () => readProof(header, TARGET, RULES),
        AccessTokenError,
      );
      if (error !== undefined) {
        return assertEquals(error.reason, "invalid_proof");
      }
      const [head, body] = header.split(".").slice(0, 2).map((part) =>
        JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/")))
      );
      assertEquals([head.typ, head.alg], ["dpop+jwt", "ES256"]);
      assertEquals(body.htm, "POST");
      assertEquals(normalizeUrl(body.htu), RESOURCE);
      assert(Math.abs(body.iat) <= 60);
    },
  ),
);

const urlText = fc.oneof(
  fc.string(),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.tuple(
    fc.constantFrom("http://", "HTTP://", "https://", "http:", "http:\\\\"),
    fc.constantFrom("localhost:8787", "LOCALHOST:8787", "a@localhost:8787"),
    fc.string({ unit: fc.constantFrom(..."/mcp.%2fF?#\\@") }),
  ).map((parts) => parts.join("")),
);

test(
  "normalizeUrl() gives a URL of the same origin and path as `URL`, once and for all",
  holds(urlText, (text) => {
    const normal = normalizeUrl(text);
    if (normal === undefined) return;
    const [one, other] = [new URL(text), new URL(normal)];
    assertEquals(other.origin, one.origin);
    assertEquals(
      decodeURI(other.pathname.replace(/%(?![\da-f]{2})/gi, "%25")) ===
        decodeURI(one.pathname.replace(/%(?![\da-f]{2})/gi, "%25")),
      true,
    );
    assertEquals([other.search, other.hash, other.username], ["", "", ""]);
    assertEquals(normalizeUrl(normal), normal);
  }),
);

test(
  "publicUrls() stays at or below the resource, whatever is requested",
  holds(
    fc.tuple(
      fc.constantFrom("https://h/a/mcp", "https://h/a/mcp/", "https://h"),
      fc.constantFrom(["/mcp"], ["/a/mcp", "/mcp", ""], [""]),
      urlText,
    ),
    ([resource, mounts, url]) => {
      const found = publicUrls(resource, mounts)(url);
      if (found === undefined) return;
      assertEquals(new URL(found).origin, "https://h");
    },
  ),
);

const world = await dpopWorld();

test(
  "dpop() accepts no cnf but the thumbprint of the proof's key",
  holds(
    fc.oneof(
      json,
      fc.dictionary(fc.constantFrom("jkt", "x5t#S256", "jwk"), json),
      fc.dictionary(
        fc.constantFrom("jkt", "kid"),
        fc.constant(world.holder.cnf.jkt),
      ),
    ),
    async (cnf) => {
      const token = await world.issuer.token({ cnf });
      const response = await world.send({ token });
      const isOwn = JSON.stringify(cnf) === JSON.stringify(world.holder.cnf);
      assertEquals(response.status, isOwn ? 200 : 401);
      const bearer = await world.send({ token, scheme: "Bearer" });
      assertEquals(bearer.status, 401);
    },
  ),
);
