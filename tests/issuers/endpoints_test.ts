import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import { AuthorizationServerError } from "../../src/errors.ts";
import {
  checkConfiguredUrls,
  endpointOf,
  type MetadataLocation,
} from "../../src/issuers/endpoints.ts";
import { metadataUrls } from "../../src/issuers/metadata.ts";
import { resolvePlatform } from "../../src/runtime/platform.ts";
import {
  answerJson,
  answerNever,
  answerNothing,
  answerStatus,
  type TestNetwork,
  testNetwork,
} from "../../src/testing/mod.ts";
import { byTheClock } from "../support/virtual_time.ts";

/** What an operator configures, and why it cannot be used. */
const configured: readonly (readonly [
  why: string,
  url: unknown,
  allowHttp: unknown,
  error: string | undefined,
])[] = [
  ["https", "https://keys.example.com/jwks", undefined, undefined],
  ["https with a query", "https://keys.example.com/?p=x", undefined, undefined],
  ["http on loopback", "http://127.0.0.1:8080/jwks", undefined, undefined],
  ["http on localhost", "http://localhost:8080/jwks", undefined, undefined],
  ["http on loopback of IPv6", "http://[::1]:8080/jwks", undefined, undefined],
  ["http on a host of localhost", "http://as.localhost/", undefined, undefined],
  ["http on another loopback", "http://127.1.2.3/", undefined, undefined],
  ["http on a host of Docker Compose, allowed", "http://as/", true, undefined],
  ["http on a cluster's host, allowed", "http://as.ns.svc/", true, undefined],
  ["http on any host, allowed", "http://as.example.com/", true, undefined],
  ["https, and http is allowed too", "https://as.example/", true, undefined],
  ["nothing", undefined, undefined, undefined],
  ["https, and http is not allowed", "https://as.example/", false, undefined],
  ["http on another host", "http://as/", undefined, "allowHttp: true"],
  ["http on another host, not allowed", "http://as/", false, "allowHttp: true"],
  ["http on a host like loopback", "http://localhost.x/", undefined, "https"],
  ["http on a private address", "http://10.0.0.1/", undefined, "use https"],
  [
    "http, allowed by a string",
    "http://as/",
    "true",
    "set it only together with",
  ],
  ["http, allowed by a number", "http://as/", 1, "set it only together with"],
  ["permission for nothing", undefined, true, "the URL that it is for, jwks"],
  ["another scheme, allowed", "file:///jwks", true, "absolute https URL"],
  ["a scheme that begins like it", "httpx://as/", true, "absolute https URL"],
  ["a host alone", "keys.example.com", undefined, "absolute https URL"],
  ["a path", "/jwks", true, "absolute https URL"],
  ["an empty string", "", undefined, "absolute https URL"],
  ["a URL object", new URL("https://a.example"), undefined, "absolute https"],
  ["a password", "https://u:p@as.example/", undefined, "no credentials"],
  ["a user, allowed http", "http://u@as/", true, "no credentials"],
  ["a URL that is too long", `https://a/${"a".repeat(8192)}`, true, "absolute"],
];

for (const [why, jwks_uri, allowHttp, error] of configured) {
  test(`checkConfiguredUrls() ${error ? "refuses" : "takes"} ${why}`, () => {
    const check = (): void => checkConfiguredUrls({ jwks_uri }, allowHttp);
    if (error === undefined) check();
    else {
      const { message } = assertThrows(check, TypeError, error);
      assert(!/u:p|u@/.test(message), message);
    }
  });
}

test("checkConfiguredUrls() holds each of several URLs to the same", () => {
  const urls = { jwks_uri: "https://as/jwks", metadata_url: "http://as/" };
  assertThrows(
    () => checkConfiguredUrls(urls, undefined),
    TypeError,
    "Cannot use metadata_url",
  );
  checkConfiguredUrls(urls, true);
});

const ISSUER = "https://as.example.com/tenant";
const [OAUTH = "", INSERTED = "", APPENDED = ""] = metadataUrls(ISSUER);
const JWKS = `${ISSUER}/jwks`;

async function find(
  network: TestNetwork,
  location: Partial<MetadataLocation> = {},
): Promise<string> {
  const platform = resolvePlatform(network);
  try {
    return await endpointOf(
      { issuer: ISSUER, ...location },
      "jwks_uri",
      platform,
      undefined,
    );
  } catch (error) {
    assert(error instanceof AuthorizationServerError, `${error}`);
    return error.message;
  }
}

const MISSING =
  `Cannot use the metadata of ${ISSUER}: its jwks_uri is missing or not https`;

type Documents = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What an issuer publishes, what is found by it, and what is asked for. */
const published: readonly (readonly [
  why: string,
  documents: Documents,
  found: string,
  requests: readonly string[],
])[] = [
  ["the RFC 8414 document", { [OAUTH]: { jwks_uri: JWKS } }, JWKS, [OAUTH]],
  [
    "OpenID's document, inserted, where RFC 8414's lacks it",
    { [OAUTH]: {}, [INSERTED]: { jwks_uri: JWKS } },
    JWKS,
    [OAUTH, INSERTED],
  ],
  [
    "OpenID's document, appended, where RFC 8414's lacks it",
    { [OAUTH]: {}, [APPENDED]: { jwks_uri: JWKS } },
    JWKS,
    [OAUTH, INSERTED, APPENDED],
  ],
  [
    "OpenID's document, appended, where both others lack it",
    { [OAUTH]: {}, [INSERTED]: {}, [APPENDED]: { jwks_uri: JWKS } },
    JWKS,
    [OAUTH, INSERTED, APPENDED],
  ],
  [
    "OpenID's document, where RFC 8414's has null",
    { [OAUTH]: { jwks_uri: null }, [INSERTED]: { jwks_uri: JWKS } },
    JWKS,
    [OAUTH, INSERTED],
  ],
  [
    "no document of another issuer",
    { [OAUTH]: {}, [INSERTED]: { issuer: "https://evil", jwks_uri: JWKS } },
    MISSING,
    [OAUTH, INSERTED, APPENDED],
  ],
  [
    "no document of a null issuer",
    { [OAUTH]: {}, [INSERTED]: { issuer: null, jwks_uri: JWKS } },
    MISSING,
    [OAUTH, INSERTED, APPENDED],
  ],
  [
    "no document without an issuer",
    { [OAUTH]: {}, [INSERTED]: { issuer: undefined, jwks_uri: JWKS } },
    MISSING,
    [OAUTH, INSERTED, APPENDED],
  ],
  [
    "no http",
    { [OAUTH]: {}, [INSERTED]: { jwks_uri: "http://as.example.com/jwks" } },
    MISSING,
    [OAUTH, INSERTED],
  ],
  [
    "no other document, where RFC 8414's names http",
    { [OAUTH]: { jwks_uri: "http://as/" }, [INSERTED]: { jwks_uri: JWKS } },
    MISSING,
    [OAUTH],
  ],
  [
    "nothing, where nobody names it",
    { [OAUTH]: {}, [APPENDED]: {} },
    MISSING,
    [OAUTH, INSERTED, APPENDED],
  ],
];

function serve(network: TestNetwork, documents: Documents): void {
  for (const [url, document] of Object.entries(documents)) {
    network.serve(url, answerJson({ issuer: ISSUER, ...document }));
  }
}

for (const [why, documents, found, requests] of published) {
  test(`endpointOf() finds it by ${why}`, async () => {
    const network = testNetwork();
    serve(network, documents);
    assertEquals(await find(network), found);
    assertEquals(network.requests, requests);
  });
}

test("endpointOf() remembers for ten minutes where it was found, and asks nobody", async () => {
  const network = testNetwork();
  serve(network, { [OAUTH]: {}, [INSERTED]: { jwks_uri: JWKS } });
  for (let minute = 0; minute < 8; minute++) {
    for (let use = 0; use < 10; use++) assertEquals(await find(network), JWKS);
    network.pass(59);
  }
  assertEquals(network.requests, [OAUTH, INSERTED]);
});

test("endpointOf() asks each place once in 5 s where nobody names it", async () => {
  const network = testNetwork();
  serve(network, { [OAUTH]: {} });
  for (let second = 0; second < 60; second++) {
    assertEquals(await find(network), MISSING);
    network.pass(1);
  }
  for (const url of metadataUrls(ISSUER)) assertEquals(network.count(url), 12);
});

test("endpointOf() finds what the first document is mended to say", async () => {
  const network = testNetwork();
  serve(network, { [OAUTH]: {} });
  assertEquals(await find(network), MISSING);
  serve(network, { [OAUTH]: { jwks_uri: JWKS } });
  network.pass(5);
  assertEquals(await find(network), JWKS);
});

test("endpointOf() waits 8 s for all documents together", async () => {
  const network = testNetwork();
  serve(network, { [OAUTH]: {} });
  network.serve(INSERTED, answerNever());
  network.serve(APPENDED, answerNever());
  const { value, seconds } = await byTheClock(network, () => find(network));
  assertEquals([value, seconds], [MISSING, 8]);
});

test("endpointOf() waits 8 s in all where the first document takes 3 of them", async () => {
  const network = testNetwork();
  network.serve(OAUTH, () => {
    network.pass(3);
    return Response.json({ issuer: ISSUER });
  });
  network.serve(INSERTED, answerNever());
  network.serve(APPENDED, answerNever());
  const { value, seconds } = await byTheClock(network, () => find(network));
  assertEquals([value, seconds], [MISSING, 8]);
});

test("endpointOf() fails as reading the first document does", async () => {
  const network = testNetwork();
  network.outage = answerNothing();
  await assertRejects(
    () =>
      endpointOf({ issuer: ISSUER }, "jwks_uri", resolvePlatform(network), {}),
    AuthorizationServerError,
    `Cannot read the metadata of ${ISSUER}`,
  );
});

/** Metadata at a URL that is configured, and what is found there. */
const located: readonly (readonly [
  why: string,
  document: Readonly<Record<string, unknown>> | undefined,
  found: string,
])[] = [
  ["its document", { issuer: ISSUER, jwks_uri: JWKS }, JWKS],
  ["a document that lacks it", { issuer: ISSUER }, MISSING],
  [
    "a document that names http",
    { issuer: ISSUER, jwks_uri: "http://as/jwks" },
    MISSING,
  ],
  [
    "a document of another issuer",
    { issuer: `${ISSUER}/`, jwks_uri: JWKS },
    `Cannot read the metadata of ${ISSUER}: Cannot use http://as:8080/metadata?p=1: its issuer is not ${ISSUER}`,
  ],
  [
    "no document",
    undefined,
    `Cannot read the metadata of ${ISSUER}: Cannot read http://as:8080/metadata?p=1: answered 404`,
  ],
];

for (const [why, document, found] of located) {
  test(`endpointOf() takes ${why} at metadata_url for it, and looks nowhere else`, async () => {
    const network = testNetwork();
    serve(network, { [OAUTH]: { jwks_uri: "https://other.example/jwks" } });
    const metadata_url = "http://as:8080/metadata?p=1";
    network.serve(
      metadata_url,
      document === undefined ? answerStatus(404) : answerJson(document),
    );
    assertEquals(await find(network, { metadata_url }), found);
    assertEquals(network.requests, [metadata_url]);
  });
}
