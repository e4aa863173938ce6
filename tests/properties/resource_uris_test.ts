/**
 * Whether a policy and a server read a resource's URI alike. The judges are both SDKs: which template they really run.
 * `FAST_CHECK_RUNS=25000` tries 100,000 policies and URIs for each property.
 *
 * @module
 */
import * as v2 from "@modelcontextprotocol/server";
// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/inMemory"
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import {
  McpServer,
  ResourceTemplate,
} from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/shared/uriTemplate"
import { UriTemplate } from "@modelcontextprotocol/sdk/shared/uriTemplate.js";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { test } from "node:test";
import { protectResource } from "../../mod.ts";
import { METADATA, RESOURCE } from "../support/protected.ts";
import { holds } from "./property.ts";

/** Most URIs reach no template, so these properties need more inputs than others. */
const TIMES = 4;

/** Runs one URI by a server with these resources and templates; resolves to the one that ran, if any. */
type Dispatch = (
  templates: readonly string[],
  uri: string,
) => Promise<string | undefined>;

interface Sdk {
  readonly McpServer: typeof McpServer;
  readonly ResourceTemplate: typeof ResourceTemplate;
  readonly InMemoryTransport: typeof InMemoryTransport;
}

function dispatchBy(sdk: Sdk): Dispatch {
  return async (templates, uri) => {
    let ran: string | undefined;
    const server = new sdk.McpServer({ name: "judge", version: "1.0.0" });
    for (const template of templates) {
      const run = (): { contents: [] } => {
        ran = template;
        return { contents: [] };
      };
      if (template.includes("{")) {
        const written = new sdk.ResourceTemplate(template, { list: undefined });
        server.registerResource(template, written, {}, run);
      } else server.registerResource(template, template, {}, run);
    }
    const [client, transport] = sdk.InMemoryTransport.createLinkedPair();
    await server.connect(transport);
    await client.start();
    await new Promise<unknown>((resolve) => {
      client.onmessage = resolve;
      client.send({
        jsonrpc: "2.0",
        id: 1,
        method: "resources/read",
        params: { uri },
      });
    });
    await server.close();
    return ran;
  };
}

/** A server without an SDK, which compares the URI as it was sent. */
const dispatchByHand: Dispatch = (templates, uri) =>
  Promise.resolve(
    templates.find((template) => template === uri) ??
      templates.find((template) => isMatch(template, uri)),
  );

const SERVERS: readonly (readonly [name: string, dispatch: Dispatch])[] = [
  ["v1", dispatchBy({ McpServer, ResourceTemplate, InMemoryTransport })],
  ["v2", dispatchBy(v2 as unknown as Sdk)],
  ["hand", dispatchByHand],
];

function isMatch(template: string, uri: string): boolean {
  return template.includes("{") &&
    new UriTemplate(template).match(uri) !== null;
}

const SCOPES: readonly string[] = ["a", "b", "c"];
type Policy = Readonly<Record<string, readonly string[]>>;

const segment = fc.constantFrom(
  ...["public", "public", "secret", "{x}", "{x}", "a-{x}"],
);
const template = fc.tuple(
  fc.constantFrom(
    ...["notes://h", "notes://h", "notes://h", "notes://{host}", "file://"],
  ),
  fc.array(segment, { minLength: 1, maxLength: 2 }),
  fc.constantFrom("", "", "", "/{+path}", "{?q}", "{?q,page}", "?q={q}"),
).map(([root, segments, end]) =>
  // A variable has one name in one template.
  [root, ...segments].map((part, i) => part.replace("{x}", `{x${i}}`))
    .join("/") + end
  // A pattern has one variable in one segment.
).filter((written) => !/\{[^/]*\?q=/.test(written));
const templates = fc.uniqueArray(
  fc.oneof(
    { weight: 3, arbitrary: template },
    { weight: 1, arbitrary: fc.constantFrom("notes://h/{+any}", "notes:{id}") },
  ),
  { minLength: 1, maxLength: 4 },
);
const needed = fc.uniqueArray(fc.constantFrom(...SCOPES), { maxLength: 2 });

/** What means something to one of the readers of a URI. */
const piece = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("5", "public", "secret", "a-5"),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...["#", "?", "/", "//", "/../", "/./", "..", ".", "?q=1", "&page=2"],
      ...["#/", "?/", "%2e%2E", "%2E", "%2f", "%5c", "\\", "%70ublic", "%35"],
      ...["%00", "%0a", "\t", "\n", " ", "\0", "%252e%252e", "%2570", "%23"],
      ...["%3f", ",", "&", "=", ";", ":", "@", "{x}", "%", "*", "é", "\u0301"],
      ...["%c3%a9", "\ud800", "\u0085", "\u2028", "%20", "+", "..;", "^", "|"],
    ),
  },
);
const value = fc.oneof(
  fc.constantFrom("5", "public", "secret"),
  fc.array(piece, { minLength: 1, maxLength: 3 })
    .map((pieces) => pieces.join("")),
);

/** A template with its variables replaced, and with something inserted. */
function written(
  from: string,
  values: readonly string[],
  insertion: readonly [at: number, text: string] | undefined,
  prefix: string,
): string {
  let next = 0;
  const expand = (): string => values[next++ % values.length]!;
  const uri = from
    .replace(
      /\{\?([\w,]+)\}$/,
      (_, names: string) =>
        `?${names.split(",").map((name) => `${name}=${expand()}`).join("&")}`,
    )
    .replace(/\{\+?\w+\}/g, expand);
  const [place, text] = insertion ?? [0, ""];
  const at = place % (uri.length + 1);
  return prefix + uri.slice(0, at) + text + uri.slice(at);
}

const request = fc.record({
  offered: templates,
  listed: templates,
  needs: fc.array(needed, { minLength: 10, maxLength: 10 }),
  others: fc.option(needed, { nil: undefined }),
  granted: fc.oneof(
    fc.constant<string[]>([]),
    fc.uniqueArray(fc.constantFrom(...SCOPES), { maxLength: 2 }),
  ),
  which: fc.nat(),
  values: fc.array(value, { minLength: 1, maxLength: 3 }),
  insertion: fc.option(fc.tuple(fc.nat(), piece), { nil: undefined }),
  prefix: fc.constantFrom("", "", "", "", "", " "),
  isUpperCase: fc.constantFrom(false, false, false, false, false, true),
  isOwn: fc.boolean(),
}).map((
  { offered, listed, needs, others, granted, which, isUpperCase, ...rest },
) => {
  const all = [...new Set([...offered, ...listed])];
  const uri = written(
    all[which % all.length]!,
    rest.values,
    rest.insertion,
    rest.prefix,
  );
  // Most policies name what the server offers.
  const names = new Set(rest.isOwn ? [...offered.slice(1), ...listed] : listed);
  const policy: Policy = Object.fromEntries([
    ...[...names].map((name, i) => [name, needs[i % needs.length]!] as const),
    ...(others === undefined ? [] : [["*", others] as const]),
  ]);
  return {
    offered,
    policy,
    granted,
    uri: isUpperCase ? uri.replace(/^\w+/, (a) => a.toUpperCase()) : uri,
  };
});

/** Whether the guard lets a URI pass, and with which status it answers. */
async function guard(
  policy: Policy,
  granted: readonly string[],
  uri: string,
): Promise<number> {
  const handle = protectResource(() => new Response(), {
    metadata: METADATA,
    verifyAccessToken: () =>
      Promise.resolve({
        iss: METADATA.authorization_servers[0],
        sub: "user",
        aud: RESOURCE,
        exp: Date.now() / 1000 + 60,
        scope: granted.join(" "),
      }),
    scopes: { operations: { "resources/read": policy } },
  });
  const response = await handle(
    new Request(RESOURCE, {
      method: "POST",
      headers: {
        authorization: "Bearer token",
        "content-type": "application/json",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "resources/read",
        params: { uri },
      }),
    }),
  );
  return response.status;
}

/** A URI that every reader reads alike. */
const ORDINARY =
  /^[a-z]+:\/\/[a-z]*(?:\/\w+(?:[.-]\w+)*)*(?:\?\w+=\w+(?:&\w+=\w+)*)?$/;

/** Whether only the star may stand for a URI. */
function isAmbiguous(uri: string): boolean {
  const escapes = [...uri.matchAll(/%(?:25)*([\da-f]{2})/gi)]
    .map(([, code]) => String.fromCharCode(parseInt(code!, 16)));
  const text = [0, 1, 2].reduce((text) =>
    text.replace(
      /%[\da-f]{2}/gi,
      (escape) => String.fromCharCode(parseInt(escape.slice(1), 16)),
    ), uri);
  return escapes.some((character) => /[\w.~-]/.test(character)) ||
    /[\\\p{Cc}]/u.test(text.replaceAll(/[\u0080-\u00ff]+/g, utf8)) ||
    text.split(/[\\/?#&=;:]/).some((part) => part === "." || part === "..");
}

/** Bytes, one in each character, as the text that they encode. */
function utf8(bytes: string): string {
  const codes = [...bytes].map((byte) => byte.charCodeAt(0));
  return new TextDecoder().decode(Uint8Array.from(codes));
}

/** All scopes that a policy asks for a URI that runs a template. */
function neededFor(policy: Policy, ran: string, uri: string): string[] {
  const forms = URL.canParse(uri) ? [uri, new URL(uri).href] : [uri];
  const own = forms.find((form) => policy[form] !== undefined) ?? ran;
  if (policy[own] !== undefined) return [...policy[own]];
  const covering = forms.map((form) =>
    Object.keys(policy).filter((name) =>
      !isAmbiguous(uri) && isMatch(name, form) &&
      name.split(/[?#]/).length === form.split(/[?#]/).length
    )
  );
  return covering.every((names) => names.length > 0)
    ? covering.flat().flatMap((name) => policy[name] ?? [])
    : [...policy["*"] ?? []];
}

for (const [name, dispatch] of SERVERS) {
  test(
    `${name}: no template runs where the policy denies it`,
    holds(
      request,
      async ({ offered, policy, granted, uri }) => {
        const status = await guard(policy, granted, uri);
        if (status !== 200) {
          assertEquals([status, await guard(policy, SCOPES, uri)], [403, 200]);
          return;
        }
        const ran = await dispatch(offered, uri);
        if (ran === undefined) return;
        const missing = neededFor(policy, ran, uri)
          .filter((scope) => !granted.includes(scope));
        assertEquals(missing, [], `${ran} ran`);
      },
      TIMES,
    ),
  );
}

test(
  "an ordinary URI needs what its entry, its patterns or the star say, and nothing else",
  holds(request, async ({ policy, granted, uri }) => {
    if (!ORDINARY.test(uri) || uri.includes("?")) return;
    const own = neededFor(policy, uri, uri);
    const isEnough = own.every((scope) => granted.includes(scope));
    assertEquals(await guard(policy, granted, uri), isEnough ? 200 : 403);
  }, TIMES),
);

/** How a handler may cut a URI before it makes a file's path of it. */
const CUTS: readonly RegExp[] = [/$^/, /#[^]*$/, /[?#][^]*$/];

test(
  "no handler that joins a URI to its root reads a file that the policy denies",
  holds(
    fc.tuple(
      request,
      fc.constantFrom(...CUTS),
      fc.boolean(),
    ),
    async ([{ policy, granted, uri }, cut, isDecoding]) => {
      if (!URL.canParse(uri)) return;
      if (await guard(policy, granted, uri) !== 200) return;
      const file = fileOf(new URL(uri).href.replace(cut, ""), isDecoding);
      for (const name of file === undefined ? [] : Object.keys(policy)) {
        if (
          policy[file!] !== undefined ? name !== file : !isMatch(name, file!)
        ) {
          continue;
        }
        const missing = policy[name]!
          .filter((scope) => !granted.includes(scope));
        assertEquals(missing, [], `${name}, read as ${file}`);
      }
    },
    TIMES,
  ),
);

/** The file's URI that a handler finds below its root, if it looks at more than the root and stays in it. */
function fileOf(href: string, isDecoding: boolean): string | undefined {
  let [, root = "", path = ""] = /^(\w+:\/\/[^/?#]*)\/([^]*)$/.exec(href) ?? [];
  try {
    if (isDecoding) path = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  const segments: string[] = [];
  for (const segment of path.split(/[\\/]/)) {
    if (segment === "..") segments.pop();
    else if (segment !== "." && segment !== "") segments.push(segment);
  }
  const file = `${root}/${segments.join("/")}`;
  return ORDINARY.test(file) ? file : undefined;
}
