import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { test } from "node:test";
import { metadataUrls } from "../../src/issuers/metadata.ts";
import {
  canonicalIdentifier,
  checkIdentifier,
  pathOf,
} from "../../src/runtime/identifiers.ts";
import { protectedResourceMetadataUrl } from "../../src/discovery/resource_metadata.ts";
import { handleOrigin } from "../../src/router.ts";
import { placeOf } from "../../src/http/paths.ts";
import { holds, textOf, thrownBy } from "./property.ts";

const WELL_KNOWN = "/.well-known/oauth-protected-resource";

/** A character that a path may have as it is (RFC 3986 §3.3), or an escape. */
const pchar = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(..."abzAZ09-._~!$&'()*+,;=:@") },
  { weight: 1, arbitrary: fc.constantFrom("%2F", "%2f", "%61", "%C3%A9") },
);
const segment = fc.string({ unit: pchar, maxLength: 6 })
  .filter((text) => !/^(?:\.|%2e){1,2}$/i.test(text));
const path = fc.oneof(
  fc.constantFrom("", "/", "/mcp"),
  fc.array(segment, { maxLength: 4 })
    .map((segments) => segments.map((text) => `/${text}`).join("")),
);
const authority = fc.oneof(
  fc.tuple(
    fc.constantFrom("https://", "HTTPS://"),
    fc.oneof(fc.domain(), fc.constantFrom("H.Example", "[2001:db8::1]")),
    fc.constantFrom("", ":443", ":8443"),
  ),
  fc.tuple(
    fc.constant("http://"),
    fc.constantFrom("localhost", "127.0.0.1", "[::1]", "a.LOCALHOST"),
    fc.constantFrom("", ":80", ":3000"),
  ),
).map((parts) => parts.join(""));
const identifier = fc.tuple(authority, path).map((parts) => parts.join(""));

/** What an identifier may not have, or not everywhere. */
const INTRUDERS = ["?", "#", "@", "%2e", "\\", "/../", "é"] as const;

const anyUrl = fc.oneof(
  { weight: 1, arbitrary: identifier },
  {
    weight: 6,
    arbitrary: fc.tuple(identifier, fc.nat(), fc.constantFrom(...INTRUDERS))
      .map(([written, place, intruder]) => {
        const at = place % (written.length + 1);
        return written.slice(0, at) + intruder + written.slice(at);
      }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(
      authority,
      textOf("/", "/", "/..", "/.", "%2e", "%2E", "a", "%41", "?", "#", "{"),
    ).map((parts) => parts.join("")),
  },
  {
    weight: 3,
    arbitrary: textOf(
      ...["https://", "http://", "//", "/", "h.example", "localhost", "@", ":"],
      ...["443", "?", "#", "%", "%2e", "%41", "..", ".", "\\", "\t", "a", " "],
      ...["[::1]", "é", "\uff48", "{", '"', "."],
    ),
  },
);

/** What is said of every identifier that is accepted, and of the URL at which its metadata is. */
function assertInserted(resource: string): void {
  const url = protectedResourceMetadataUrl(resource);
  const [asked, given] = [new URL(url), new URL(resource)];
  assertEquals(asked.origin, given.origin);
  assertEquals([asked.search, asked.hash, asked.username], ["", "", ""]);
  // To the byte, as `URL` sees it and as it is written.
  const bare = given.pathname === "/" ? "" : given.pathname;
  assertEquals(asked.pathname, `${WELL_KNOWN}${bare}`);
  assert(url.endsWith(`${WELL_KNOWN}${bare}`));
  assertEquals(
    url.replace(WELL_KNOWN, ""),
    resource.replace(/(?<=^\w+:\/\/[^/]+)\/$/, ""),
  );
}

test(
  "protectedResourceMetadataUrl() is on the same origin, and gives its identifier back",
  holds(identifier, assertInserted),
);

test(
  "protectedResourceMetadataUrl() throws a TypeError at what it cannot do that with",
  holds(anyUrl, async (resource) => {
    const error = await thrownBy(
      () => protectedResourceMetadataUrl(resource),
      TypeError,
    );
    if (error === undefined) assertInserted(resource);
  }),
);

test(
  "protectedResourceMetadataUrl() is another URL for another identity",
  holds(fc.tuple(identifier, identifier), ([one, other]) => {
    const [a, b] = [one, other].map((resource) =>
      canonicalIdentifier(protectedResourceMetadataUrl(resource))
    );
    assertEquals(
      a === b,
      canonicalIdentifier(one) === canonicalIdentifier(other),
    );
  }),
);

test(
  "metadataUrls() are all on the issuer's own origin, two or three, and no one twice",
  holds(identifier, (issuer) => {
    const urls = metadataUrls(issuer);
    assertEquals(urls.length, pathOf(issuer).replace(/\/$/, "") === "" ? 2 : 3);
    assertEquals(new Set(urls).size, urls.length);
    for (const url of urls) {
      checkIdentifier(url, "issuer");
      assertEquals(new URL(url).origin, new URL(issuer).origin);
    }
  }),
);

test(
  "checkIdentifier() takes nothing that URL would write in another way, but for case and port of the origin",
  holds(anyUrl, async (value) => {
    if (await thrownBy(() => checkIdentifier(value, "issuer"), TypeError)) {
      return;
    }
    const { origin, pathname } = new URL(value);
    const path = pathOf(value);
    assertEquals(path || "/", pathname);
    const written = value.slice(0, value.length - path.length).toLowerCase();
    assertEquals(
      canonicalIdentifier(written.replace(/\/$/, "")),
      origin,
    );
    assert(
      /^https:|^http:\/\/(?:.*\.)?(?:localhost|127\.|\[::1\])/.test(origin),
    );
  }),
);

test(
  "canonicalIdentifier() changes nothing that it has changed before",
  holds(anyUrl, (value) => {
    const canonical = canonicalIdentifier(value);
    assertEquals(canonicalIdentifier(canonical), canonical);
  }),
);

test(
  "canonicalIdentifier() takes two for one where only case and port of the origin differ, and nowhere else",
  holds(fc.tuple(anyUrl, anyUrl, fc.boolean()), ([one, other, isVaried]) => {
    const second = isVaried ? varied(one) : other;
    if (canonicalIdentifier(one) !== canonicalIdentifier(second)) return;
    assertEquals(plain(one), plain(second));
  }),
);

/** The same letters in other cases. */
function varied(value: string): string {
  return [...value].map((c, i) => i % 2 ? c.toUpperCase() : c).join("");
}

/** Scheme and host in lower case and no default port, by no more than cutting the string. */
function plain(value: string): string {
  const [, origin, rest] =
    /^([a-z][a-z0-9+.-]*:\/\/[^/?#@\\%\s]+)(\/[^]*)?$/i.exec(value) ?? [];
  if (origin === undefined) return value;
  const lower = origin.toLowerCase()
    .replace(/^(https:.*):0*443$/, "$1").replace(/^(http:.*):0*80$/, "$1");
  return `${lower}${rest === "/" ? "" : rest ?? ""}`;
}

/** What a router may do to a path. */
interface Router {
  /** How often it decodes before it cuts the path at its slashes, and how often afterwards. */
  readonly before: number;
  readonly after: number;
  readonly backslashes: boolean;
  readonly params: boolean;
  readonly trims: boolean;
  readonly empties: boolean;
  readonly dots: boolean;
  readonly cases: boolean;
}

/** Every router that there may be. */
const ROUTERS: readonly Router[] = Array.from({ length: 9 * 64 }, (_, i) => ({
  before: i % 3,
  after: Math.floor(i / 3) % 3,
  backslashes: (i / 9 & 1) > 0,
  params: (i / 9 & 2) > 0,
  trims: (i / 9 & 4) > 0,
  empties: (i / 9 & 8) > 0,
  dots: (i / 9 & 16) > 0,
  cases: (i / 9 & 32) > 0,
}));

function decoded(text: string, times: number): string {
  if (times === 0) return text;
  const once = text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    const bytes = escapes.slice(1).split("%").map((hex) => parseInt(hex, 16));
    return new TextDecoder().decode(Uint8Array.from(bytes));
  });
  return decoded(once, times - 1);
}

/** The segments that a router sees. */
function segmentsBy(router: Router, pathname: string): string[] {
  let path = decoded(pathname, router.before);
  if (router.backslashes) path = path.replace(/\\/g, "/");
  const segments: string[] = [];
  for (let segment of path.split("/").slice(1)) {
    if (router.params) segment = segment.replace(/[;?#][^]*$/, "");
    segment = decoded(segment, router.after);
    if (router.cases) segment = segment.toLowerCase();
    if (router.trims) segment = segment.trim();
    if (router.empties && segment === "") continue;
    if (router.dots && segment === ".") continue;
    if (router.dots && segment === "..") segments.pop();
    else segments.push(segment);
  }
  return segments;
}

const RESOURCE_PATHS = ["/mcp", "/Api/Caf%C3%A9", "/a/b"] as const;

/** What is done to a character of a path, or before it. */
const CHANGES: readonly ((char: string) => string)[] = [
  (char) => char && `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  (char) => char.toUpperCase(),
  (char) => char.toLowerCase(),
  ...[
    ...["/", "//", "/./", "/x/../", ";x", ";x/", ";%2fx", "%2f", "%252f"],
    ...["%5c", "\\", "%20", "%09", "%2e", "/..%2f", "/x/..;/", "%3b", "%3f"],
  ].map((inserted) => (char: string) => inserted + char),
];

/** What may be done to a path, which is then escaped and broken in all kinds of ways. */
const disguise = fc.tuple(
  fc.array(fc.tuple(fc.nat(), fc.constantFrom(...CHANGES)), { maxLength: 4 }),
  fc.constantFrom("", "/", "/tail", "?q", ";v=1", "%2ftail", "/..%2ftail"),
).map(([changes, tail]) => (spelled: string): string => {
  let path = spelled;
  for (const [place, change] of changes) {
    const at = place % (path.length + 1);
    path = path.slice(0, at) + change(path.charAt(at)) + path.slice(at + 1);
  }
  return `/${path.replace(/^\//, "")}${tail}`;
});

/** A path that is made of the resource's own. */
const disguised = fc.tuple(
  fc.oneof(
    fc.constantFrom(...RESOURCE_PATHS).map((path) => [path, path]),
    fc.constantFrom(
      ["/Api/Caf%C3%A9", "/Api/CAF%C3%89"],
      ["/a/b", "/a;%2fx/b"],
      ["/mcp", "/;%2fx/mcp"],
    ),
  ),
  disguise,
).map(([[resource, spelled], change]) =>
  [resource!, change(spelled!)] as const
);

/** Whether a router takes a path for the resource, or for what is below it. */
function reaches(router: Router, resource: string, pathname: string): boolean {
  const segments = segmentsBy(router, pathname);
  const base = segmentsBy({ ...router, before: 1 }, resource);
  return base.every((segment, i) => segments[i] === segment);
}

test(
  "placeOf() never lets a path pass that some router takes for the resource",
  holds(disguised, ([resource, target]) => {
    const { pathname } = new URL(`https://h.example${target}`);
    if (placeOf(resource)(pathname) !== "elsewhere") return;
    const lenient = ROUTERS.find((router) =>
      reaches(router, resource, pathname)
    );
    assertEquals(lenient, undefined);
  }),
);

/** Whether a path has no empty segment, no dots for a segment, and no escape of what needs none. */
function isCanonical(pathname: string): boolean {
  const segments = pathname.split("/").slice(1);
  const escaped = [...pathname.matchAll(/%([0-9a-f]{2})/gi)]
    .map(([, hex]) => String.fromCharCode(parseInt(hex!, 16)));
  return segments.slice(0, -1).every((segment) => segment !== "") &&
    !segments.some((segment) => /^\.\.?$/.test(segment.split(";")[0]!)) &&
    !escaped.some((character) => /[\w.~/\\-]/.test(character));
}

test(
  "placeOf() takes for the resource what is canonically spelled like it, and nothing else",
  holds(
    fc.oneof(
      disguised,
      fc.tuple(
        fc.constantFrom(...RESOURCE_PATHS),
        textOf("/", "mcp", "a", "b", "%", "2e", "."),
      ),
    ),
    ([resource, target]) => {
      const { pathname } = new URL(
        `https://h.example/${target.replace(/^\//, "")}`,
      );
      const isBelow = `${pathname}/`.startsWith(`${resource}/`);
      // With a slash behind it, it is another identifier.
      const isTwin = pathname === `${resource}/`;
      assertEquals(
        placeOf(resource)(pathname) === "resource",
        isBelow && !isTwin && isCanonical(pathname),
      );
    },
  ),
);

test(
  "placeOf() leaves a path alone that has no letter of the resource's",
  holds(
    fc.array(
      fc.string({ unit: fc.constantFrom(..."xyzXYZ09-_~"), minLength: 1 }),
      { minLength: 1 },
    ),
    (segments) => {
      assertEquals(placeOf("/mcp")(`/${segments.join("/")}`), "elsewhere");
    },
  ),
);

/** The resources of an origin, by their paths. */
const ORIGINS = [
  ["/mcp", "/notes"],
  ["/mcp", "/mcp/admin"],
  ["/a/b", "/a", "/c"],
  ["", "/mcp"],
  ["", "/a", "/a/b/c"],
] as const;

/** The resource that a router would take a path to: the longest it reaches. */
function ownerBy(
  router: Router,
  paths: readonly string[],
  pathname: string,
): string | undefined {
  return paths.filter((path) => reaches(router, path, pathname))
    .sort((a, b) => b.length - a.length)[0];
}

test(
  "handleOrigin() hands no resource a path that some router takes to another one",
  holds(
    fc.constantFrom(...ORIGINS).chain((paths) =>
      fc.tuple(fc.constant(paths), fc.constantFrom(...paths), disguise)
    ),
    async ([paths, spelled, change]) => {
      const handle = handleOrigin(paths.map((path) => ({
        documents: {
          metadata: {
            resource: `https://h.example${path}`,
            authorization_servers: ["https://as.example"],
          },
          mirror: null,
          paths: [path],
        },
        path,
        place: placeOf(path),
        answer: () => new Response(path),
      })));
      const url = new URL(`https://h.example${change(spelled)}`);
      const response = await handle(new Request(url));
      if (response.status !== 200) return;
      const owner = await response.text();
      const other = ROUTERS.find((router) =>
        ownerBy(router, paths, url.pathname) !== owner
      );
      assertEquals(other, undefined);
    },
  ),
);
