import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { CATALOGUE, type Code } from "../../src/doctor/findings/catalogue.ts";
import { nameOf } from "../../src/doctor/clients/clients.ts";
import { examine } from "../../src/doctor/examine.ts";
import {
  at,
  codesOf,
  examineWorld,
  type Fault,
  field,
  isAnonymous,
  ISSUER,
  members,
  MIRROR,
  only,
  RESOURCE_METADATA,
  ROOT_METADATA,
  says,
  SERVER_METADATA,
  TOKEN,
  URL_OF_MCP,
} from "./world.ts";

const HTML = "<!doctype html><title>App</title>";
const AS_HTML = { "content-type": "text/html" };
const PRM = RESOURCE_METADATA;
/** The MCP server, if it had no path. */
const BARE = "https://notes.example.com";
const everyPlace = (fault: Fault): Fault[] =>
  [RESOURCE_METADATA, ROOT_METADATA].map((url) => at(url, fault));
const challenge = (value: string | undefined): Fault =>
  at(URL_OF_MCP, only(isAnonymous, field("www-authenticate", value)));
const LOCATED = `resource_metadata="${RESOURCE_METADATA}"`;
const unauthorized = (
  status: number,
  headers?: Record<string, string>,
): Fault =>
  at(`POST ${URL_OF_MCP}`, only(isAnonymous, says(status, "", headers)));
/** The authorization server has its OAuth metadata where OpenID Connect puts it, and nowhere else. */
const openIdOnly: Fault = async (request, healthy) => {
  if (request.url === SERVER_METADATA) {
    return new Response(null, { status: 404 });
  }
  return request.url === `${ISSUER}/.well-known/openid-configuration`
    ? await healthy(new Request(SERVER_METADATA, request))
    : await healthy(request);
};

/** What is wrong, and what must be found: that and nothing else. */
interface Row {
  readonly why: string;
  readonly faults: readonly Fault[];
  readonly code: Code;
  /** What else is bound to be found. Default: nothing. */
  readonly also?: readonly Code[];
  /** The clause, as it is written in the report. */
  readonly clause: string;
  /** What a sighting must say. */
  readonly seen?: RegExp;
  readonly tokens?: {
    readonly valid?: string;
    readonly wrongAudience?: string;
    readonly expired?: string;
  };
  readonly url?: string;
  readonly deadlineSeconds?: number;
}

const rows: readonly Row[] = [
  // The endpoint
  {
    why: "the server is down",
    faults: [() => {
      throw new TypeError("fetch failed");
    }],
    code: "unreachable",
    clause: "RFC 9110 §15",
    seen: /no connection: fetch failed/,
  },
  {
    why: "there is no time left",
    faults: [],
    deadlineSeconds: 1e-9,
    code: "incomplete",
    clause: "RFC 9110 §15",
  },
  {
    why: "the server has no TLS",
    faults: [],
    url: "http://notes.example.com/mcp",
    code: "insecure-endpoint",
    also: ["resource-mismatch"],
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "the endpoint is somewhere else",
    faults: [unauthorized(404)],
    code: "endpoint-not-found",
    also: ["answer-without-cors"],
    clause: "RFC 9110 §15.5.5",
  },
  {
    why: "a single-page application answers for everything",
    faults: [at(`POST ${URL_OF_MCP}`, says(200, HTML, AS_HTML))],
    code: "endpoint-not-found",
    also: ["answer-without-cors"],
    clause: "RFC 9110 §15.5.5",
  },
  {
    why: "the framework wants a slash",
    faults: [unauthorized(307, { location: `${URL_OF_MCP}/` })],
    code: "endpoint-redirects",
    clause: "RFC 9110 §15.4",
  },
  {
    why: "the web site's session middleware",
    faults: [unauthorized(302, { location: "/login" })],
    code: "sign-in-page",
    also: ["answer-without-cors"],
    clause: "MCP 2025-11-25, Authorization",
    seen: /leads to \/login/,
  },
  {
    why: "403 for a missing token",
    faults: [unauthorized(403)],
    code: "no-401",
    also: ["answer-without-cors"],
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "the middleware reads the token that is not there",
    faults: [unauthorized(500)],
    code: "server-error",
    also: ["answer-without-cors"],
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "initialize is public",
    faults: [unauthorized(200)],
    code: "open-endpoint",
    also: ["answer-without-cors"],
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "the new method is not known to the gate",
    faults: [
      at(
        URL_OF_MCP,
        only(({ headers }) => headers.has("mcp-method"), says(400)),
      ),
    ],
    code: "discover-not-challenged",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "GET is a stream for everybody",
    faults: [
      at(
        `GET ${URL_OF_MCP}`,
        says(200, "", { "content-type": "text/event-stream" }),
      ),
    ],
    code: "get-not-challenged",
    clause: "MCP 2025-11-25, Transports",
  },
  {
    why: "the other spelling redirects",
    faults: [at(`${URL_OF_MCP}/`, says(308, "", { location: "/mcp" }))],
    code: "slash-redirects",
    clause: "RFC 9110 §15.4",
  },
  {
    why: "the redirect is made of what the proxy speaks",
    faults: [
      at(
        `${URL_OF_MCP}/`,
        says(307, "", { location: "http://notes.example.com/mcp" }),
      ),
    ],
    code: "slash-differs",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "X-Forwarded-Host becomes the identity",
    faults: [at(RESOURCE_METADATA, async (request, healthy) => {
      const host = request.headers.get("x-forwarded-host");
      const response = await healthy(request);
      return host === null
        ? response
        : Response.json({ resource: `https://${host}/mcp` });
    })],
    code: "forwarded-host-trusted",
    clause: "RFC 9700 §4.13",
    seen: /forged\.invalid/,
  },
  {
    why: "the challenge is made of X-Forwarded-Host",
    faults: [at(URL_OF_MCP, (request, healthy) =>
      field(
        "www-authenticate",
        `Bearer resource_metadata="https://${
          request.headers.get("x-forwarded-host") ?? "notes.example.com"
        }/.well-known/oauth-protected-resource/mcp"`,
      )(request, healthy))],
    code: "forwarded-host-trusted",
    also: ["bad-token-error"],
    clause: "RFC 9700 §4.13",
  },

  // The challenge
  {
    why: "a gateway takes the field away",
    faults: [challenge(undefined)],
    code: "no-challenge",
    clause: "RFC 9110 §15.5.2",
  },
  {
    why: "a quote in a value",
    faults: [challenge(`Bearer ${LOCATED}, error_description="a "b" c"`)],
    code: "challenge-malformed",
    clause: "RFC 9110 §11.6.1",
  },
  {
    why: "DPoP comes first",
    faults: [challenge(`DPoP algs="ES256", Bearer ${LOCATED}`)],
    code: "bearer-not-first",
    clause: "RFC 6750 §3",
  },
  {
    why: "Basic alone",
    faults: [challenge('Basic realm="mcp"')],
    code: "bearer-not-first",
    also: ["resource-metadata-missing"],
    clause: "RFC 6750 §3",
  },
  {
    why: "two spaces behind the scheme",
    faults: [challenge(`Bearer  ${LOCATED}`)],
    code: "bearer-not-first",
    clause: "RFC 6750 §3",
  },
  {
    why: "bearer in lower case",
    faults: [challenge(`bearer ${LOCATED}`)],
    code: "bearer-spelling",
    clause: "RFC 6750 §3",
  },
  {
    why: "the MCP of March 2025",
    faults: [challenge("Bearer")],
    code: "resource-metadata-missing",
    clause: "RFC 9728 §5.1",
  },
  {
    why: "the workshop's unquoted URL",
    faults: [challenge(`Bearer resource_metadata=${RESOURCE_METADATA}`)],
    code: "resource-metadata-unquoted",
    clause: "RFC 9110 §11.2",
  },
  {
    why: "a path in place of a URL",
    faults: [challenge('Bearer resource_metadata="/.well-known/x"')],
    code: "resource-metadata-not-url",
    clause: "RFC 9728 §5.1",
  },
  {
    why: "the metadata is on another host",
    faults: [
      challenge('Bearer resource_metadata="https://auth.example.com/x"'),
    ],
    code: "resource-metadata-elsewhere",
    also: ["challenge-leads-nowhere"],
    clause: "RFC 9728 §7.7",
  },
  {
    why: "scope= in the text before the scope",
    faults: [challenge(
      `Bearer error_description="needs scope=admin", scope="a b", ${LOCATED}`,
    )],
    code: "challenge-misread",
    clause: "RFC 9110 §11.6.1",
    seen: /scope is "a b", and is read as "admin/,
  },
  {
    why: "no scope, said in words",
    faults: [challenge(`Bearer scope="", ${LOCATED}`)],
    code: "empty-scope",
    clause: "RFC 6750 §3",
  },
  {
    why: "the TypeScript SDK's own middleware",
    faults: [challenge(`Bearer error="invalid_token", ${LOCATED}`)],
    code: "error-without-token",
    clause: "RFC 6750 §3.1",
  },
  {
    why: "a library's own words",
    faults: [challenge(`Bearer error="missing_auth_header", ${LOCATED}`)],
    code: "unknown-error-code",
    clause: "RFC 6750 §3.1",
  },
  {
    why: "refresh tokens asked for by the challenge",
    faults: [challenge(`Bearer scope="a offline_access", ${LOCATED}`)],
    code: "offline-access",
    clause: "MCP 2026-07-28, Authorization",
  },
  {
    why: "refresh tokens asked for by the metadata",
    faults: everyPlace(members({ scopes_supported: ["a", "offline_access"] })),
    code: "offline-access",
    clause: "MCP 2026-07-28, Authorization",
  },
  {
    why: "no scope anywhere",
    faults: [
      challenge(`Bearer ${LOCATED}`),
      ...everyPlace(members({ scopes_supported: undefined })),
    ],
    code: "no-scope-hint",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "a CDN that keeps refusals",
    faults: [at(URL_OF_MCP, field("cache-control", "public, max-age=60"))],
    code: "challenge-cacheable",
    clause: "RFC 9111 §5.2.2",
  },

  // The metadata
  {
    why: "nothing is there",
    faults: [challenge("Bearer"), ...everyPlace(says(404))],
    code: "metadata-missing",
    also: ["issuer-mismatch", "resource-metadata-missing"],
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "the default of a library whose metadata is elsewhere",
    faults: [
      challenge(`Bearer resource_metadata="${ROOT_METADATA}"`),
      at(ROOT_METADATA, says(404)),
    ],
    code: "challenge-leads-nowhere",
    also: ["metadata-not-at-root"],
    clause: "RFC 9728 §5.1",
  },
  {
    why: "at the root alone",
    faults: [challenge("Bearer"), at(RESOURCE_METADATA, says(404))],
    code: "metadata-not-by-path",
    also: ["resource-metadata-missing"],
    clause: "RFC 9728 §3.1",
  },
  {
    why: "by the path alone",
    faults: [at(ROOT_METADATA, says(404))],
    code: "metadata-not-at-root",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "one document for every suffix",
    faults: [
      (request, healthy) =>
        request.url.includes("no-such-resource")
          ? Response.json({ resource: URL_OF_MCP })
          : healthy(request),
    ],
    code: "metadata-for-anything",
    clause: "RFC 9728 §3.3",
  },
  {
    why: "an application's fallback below .well-known",
    faults: [at(MIRROR, says(200, HTML, AS_HTML))],
    code: "html-for-json",
    also: ["no-mirror"],
    clause: "RFC 8414 §3.2",
  },
  {
    why: "a list in place of an object",
    faults: [at(PRM, says(200, "[]", { "content-type": "application/json" }))],
    code: "metadata-not-json",
    also: [
      "challenge-leads-nowhere",
      "metadata-not-by-path",
      "metadata-without-cors",
    ],
    clause: "RFC 9728 §3.2",
  },
  {
    why: "a static host without a type",
    faults: [at(PRM, field("content-type", "text/plain"))],
    code: "metadata-content-type",
    clause: "RFC 9728 §3.2",
  },
  {
    why: "the gate guards the metadata too",
    faults: everyPlace(says(401)),
    code: "metadata-behind-auth",
    also: ["challenge-leads-nowhere", "metadata-missing", "issuer-mismatch"],
    clause: "RFC 9728 §3.1",
  },
  {
    why: "the mirror fails when the authorization server is away",
    faults: [at(MIRROR, says(500))],
    code: "metadata-server-error",
    also: ["no-mirror"],
    clause: "RFC 9110 §15.6",
  },
  {
    why: "a redirect to the other place",
    faults: [at(ROOT_METADATA, says(302, "", { location: RESOURCE_METADATA }))],
    code: "metadata-redirects",
    clause: "RFC 9728 §7.7",
  },
  {
    why: "kept for a year",
    faults: everyPlace(field("cache-control", "max-age=31536000")),
    code: "metadata-cached-long",
    clause: "RFC 9728 §7.10",
  },
  {
    why: "no word on caching",
    faults: everyPlace(field("cache-control", undefined)),
    code: "metadata-uncacheable",
    clause: "RFC 9728 §7.10",
  },
  {
    why: "another issuer at the root",
    faults: [
      at(
        ROOT_METADATA,
        members({ authorization_servers: ["https://b.example"] }),
      ),
    ],
    code: "metadata-disagrees",
    clause: "RFC 9728 §3.3",
  },
  {
    why: "resource is left out",
    faults: everyPlace(members({ resource: undefined })),
    code: "resource-missing",
    clause: "RFC 9728 §2",
  },
  {
    why: "a proxy strips the prefix",
    faults: everyPlace(
      members({ resource: "https://notes.example.com/other" }),
    ),
    code: "resource-mismatch",
    clause: "RFC 9728 §3.3",
  },
  {
    why: "the origin in place of the endpoint",
    faults: everyPlace(members({ resource: "https://notes.example.com" })),
    code: "resource-not-identical",
    clause: "RFC 9728 §3.3",
  },
  {
    why: "a slash that the endpoint has not",
    faults: everyPlace(members({ resource: `${URL_OF_MCP}/` })),
    code: "resource-extra-slash",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "URL.href of a bare host",
    faults: [
      (request, healthy) => {
        const document = {
          resource: `${BARE}/`,
          authorization_servers: [ISSUER],
          scopes_supported: ["a"],
        };
        if (request.url === ROOT_METADATA) {
          return members(document)(request, healthy);
        }
        return request.url === `${BARE}/`
          ? healthy(new Request(URL_OF_MCP, request))
          : healthy(request);
      },
      at(
        `${BARE}/`,
        only(
          isAnonymous,
          field(
            "www-authenticate",
            `Bearer resource_metadata="${ROOT_METADATA}"`,
          ),
        ),
      ),
    ],
    url: BARE,
    code: "resource-slash",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "the host in capitals",
    faults: everyPlace(members({ resource: "https://NOTES.example.com/mcp" })),
    code: "resource-not-canonical",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "the request's query in the resource",
    faults: everyPlace(members({ resource: `${URL_OF_MCP}?x=1` })),
    code: "resource-not-canonical",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "no authorization server",
    faults: everyPlace(members({ authorization_servers: undefined })),
    code: "servers-missing",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "a federation of many",
    faults: everyPlace(
      members({
        authorization_servers: [
          ISSUER,
          "https://b.example",
          "https://c.example",
          "https://d.example",
        ],
      }),
    ),
    code: "too-many-servers",
    also: ["server-metadata-missing"],
    clause: "RFC 9728 §2",
  },
  {
    why: "a list without elements",
    faults: everyPlace(members({ scopes_supported: [] })),
    code: "empty-list",
    clause: "RFC 9728 §3.2",
  },
  {
    why: "scopes as one string",
    faults: everyPlace(members({ scopes_supported: "a b" })),
    code: "malformed-member",
    clause: "RFC 9728 §2",
  },
  {
    why: "tokens in the body",
    faults: everyPlace(members({ bearer_methods_supported: ["body"] })),
    code: "header-not-supported",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "TLS ends at the proxy",
    faults: everyPlace(members({ resource: "http://notes.example.com/mcp" })),
    code: "insecure-url",
    also: ["resource-mismatch"],
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "an endpoint of the authorization server behind a proxy",
    faults: [
      at(
        SERVER_METADATA,
        members({ token_endpoint: "http://auth.example.com/token" }),
      ),
    ],
    code: "insecure-url",
    clause: "MCP 2025-11-25, Authorization",
    seen: /token_endpoint/,
  },
  {
    why: "the development issuer went to production",
    faults: everyPlace(
      members({ authorization_servers: ["http://localhost:9000"] }),
    ),
    code: "private-url",
    clause: "RFC 9728 §7.7",
  },
  {
    why: "a script in place of a URL",
    faults: everyPlace(
      members({ authorization_servers: ["javascript:alert(1)"] }),
    ),
    code: "unsafe-url",
    clause: "RFC 9728 §7.7",
  },
  {
    why: "a URL with a password",
    faults: everyPlace(
      members({ authorization_servers: ["https://a:b@auth.example.com"] }),
    ),
    code: "url-not-asked",
    clause: "RFC 9728 §7.7",
  },

  // The authorization server
  {
    why: "the issuer's path was left out",
    faults: everyPlace(
      members({ authorization_servers: ["https://auth.example.com"] }),
    ),
    code: "server-metadata-missing",
    also: ["mirror-of-a-stranger"],
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "the MCP server is listed in the issuer's place",
    faults: everyPlace(
      members({ authorization_servers: ["https://notes.example.com"] }),
    ),
    code: "issuer-mismatch",
    clause: "MCP 2026-07-28, Authorization",
  },
  {
    why: "Auth0's slash",
    faults: [at(SERVER_METADATA, members({ issuer: `${ISSUER}/` }))],
    code: "issuer-slash",
    clause: "RFC 8414 §3.3",
  },
  {
    why: "a Keycloak of before",
    faults: [openIdOnly],
    code: "server-metadata-openid-only",
    also: ["openid-metadata-incomplete"],
    clause: "RFC 8414 §3",
  },
  {
    why: "openid-configuration, copied from the OAuth metadata",
    faults: [openIdOnly],
    code: "openid-metadata-incomplete",
    also: ["server-metadata-openid-only"],
    clause: "OpenID Connect Discovery §3",
    seen: /^subject_types_supported and id_token_signing_alg_values_supported/,
  },
  {
    why: "grants for machines alone",
    faults: [
      at(
        SERVER_METADATA,
        members({ grant_types_supported: ["client_credentials"] }),
      ),
    ],
    code: "grant-not-supported",
    clause: "RFC 8414 §2",
    seen: /client_credentials/,
  },
  {
    why: "a token endpoint whose errors are web pages",
    faults: [at(`POST ${ISSUER}/token`, async (request, healthy) => {
      const { headers } = await healthy(request);
      return new Response(HTML, { status: 400, headers });
    })],
    code: "token-error-malformed",
    clause: "RFC 6749 §5.2",
  },
  {
    why: "a token endpoint that says 200 to everything",
    faults: [at(`POST ${ISSUER}/token`, async (request, healthy) => {
      const { headers, body } = await healthy(request);
      return new Response(body, { status: 200, headers });
    })],
    code: "token-error-malformed",
    clause: "RFC 6749 §5.2",
  },
  {
    why: "no keys",
    faults: [
      at(
        `${ISSUER}/jwks`,
        says(200, '{"keys":[]}', { "content-type": "application/json" }),
      ),
    ],
    code: "keys-empty",
    clause: "RFC 7517 §5",
  },
  {
    why: "the issuer's keys in the resource's document",
    faults: everyPlace(members({ jwks_uri: `${ISSUER}/jwks` })),
    code: "issuer-keys-copied",
    clause: "RFC 9728 §2",
  },
  {
    why: "a server that lists its resources, and not this one",
    faults: [
      at(
        SERVER_METADATA,
        members({ protected_resources: ["https://other.example.com/mcp"] }),
      ),
    ],
    code: "resource-not-listed",
    clause: "RFC 9728 §4",
  },
  {
    why: "two scopes in one element",
    faults: everyPlace(
      members({ scopes_supported: ["notes:read notes:write"] }),
    ),
    code: "malformed-scope",
    clause: "RFC 6749 §3.3",
  },
  {
    why: "an issuer with a query",
    faults: everyPlace(
      members({ authorization_servers: [`${ISSUER}?tenant=1`] }),
    ),
    code: "issuer-not-canonical",
    also: ["issuer-mismatch", "mirror-of-a-stranger"],
    clause: "RFC 8414 §2",
  },
  {
    why: "Entra ID's metadata",
    faults: [
      at(
        SERVER_METADATA,
        members({ code_challenge_methods_supported: undefined }),
      ),
    ],
    code: "pkce-not-advertised",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "plain alone",
    faults: [
      at(
        SERVER_METADATA,
        members({ code_challenge_methods_supported: ["plain"] }),
      ),
    ],
    code: "pkce-without-s256",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "clients must be registered by hand",
    faults: [
      at(
        SERVER_METADATA,
        members({
          registration_endpoint: undefined,
          client_id_metadata_document_supported: undefined,
        }),
      ),
    ],
    code: "no-registration",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "dynamic registration alone",
    faults: [
      at(
        SERVER_METADATA,
        members({ client_id_metadata_document_supported: undefined }),
      ),
    ],
    code: "registration-only-dynamic",
    clause: "MCP 2026-07-28, Authorization",
  },
  {
    why: "client ID metadata documents alone",
    faults: [
      at(SERVER_METADATA, members({ registration_endpoint: undefined })),
    ],
    code: "registration-only-documents",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "no page to sign in",
    faults: [
      at(SERVER_METADATA, members({ authorization_endpoint: undefined })),
    ],
    code: "authorization-endpoint-missing",
    clause: "RFC 8414 §2",
  },
  {
    why: "no place for codes",
    faults: [at(SERVER_METADATA, members({ token_endpoint: undefined }))],
    code: "token-endpoint-missing",
    clause: "RFC 8414 §2",
  },
  {
    why: "a required member is missing",
    faults: [
      at(SERVER_METADATA, members({ response_types_supported: undefined })),
    ],
    code: "code-not-supported",
    clause: "RFC 8414 §2",
  },
  {
    why: "every client has a secret",
    faults: [
      at(
        SERVER_METADATA,
        members({
          token_endpoint_auth_methods_supported: ["client_secret_post"],
        }),
      ),
    ],
    code: "no-public-clients",
    clause: "RFC 8414 §2",
  },
  {
    why: "RFC 9207 is off",
    faults: [
      at(
        SERVER_METADATA,
        members({ authorization_response_iss_parameter_supported: undefined }),
      ),
    ],
    code: "iss-not-announced",
    clause: "RFC 9207 §3",
  },
  {
    why: "the keys moved",
    faults: [at(`${ISSUER}/jwks`, says(404))],
    code: "keys-unreadable",
    clause: "RFC 7517 §5",
  },
  {
    why: "a resource server and nothing else",
    faults: [at(MIRROR, says(404))],
    code: "no-mirror",
    clause: "MCP 2025-03-26, Authorization",
  },
  {
    // 502 is what makes the TypeScript SDK 2 look elsewhere.
    why: "the mirror says that the authorization server is away",
    faults: [at(MIRROR, says(502))],
    code: "no-mirror",
    clause: "MCP 2025-03-26, Authorization",
  },
  {
    why: "a library makes the metadata up",
    faults: [at(MIRROR, members({ issuer: "https://notes.example.com" }))],
    code: "mirror-of-a-stranger",
    clause: "RFC 8414 §3.3",
  },

  // Browsers
  {
    why: "the gate wants a token with OPTIONS",
    faults: [at(`OPTIONS ${URL_OF_MCP}`, says(401))],
    code: "preflight-refused",
    clause: "Fetch, CORS-preflight fetch",
  },
  {
    why: "an allow-list without the page",
    faults: [
      at(
        `OPTIONS ${URL_OF_MCP}`,
        field("access-control-allow-origin", "https://other.example"),
      ),
    ],
    code: "preflight-origin",
    clause: "Fetch, CORS protocol",
  },
  {
    why: "sessions cannot be ended",
    faults: [
      at(
        `OPTIONS ${URL_OF_MCP}`,
        field("access-control-allow-methods", "GET, POST"),
      ),
    ],
    code: "preflight-method",
    clause: "Fetch, CORS-preflight fetch",
  },
  {
    why: "a wildcard for all fields",
    faults: [
      at(`OPTIONS ${URL_OF_MCP}`, field("access-control-allow-headers", "*")),
    ],
    code: "preflight-headers",
    clause: "Fetch, CORS-preflight fetch",
    seen: /^authorization is not allowed by/,
  },
  {
    why: "the fields of MCP 2025-11-25 alone",
    faults: [
      at(
        `OPTIONS ${URL_OF_MCP}`,
        field(
          "access-control-allow-headers",
          "Authorization, Content-Type, MCP-Protocol-Version, Mcp-Session-Id",
        ),
      ),
    ],
    code: "preflight-headers-of-2026",
    clause: "Fetch, CORS-preflight fetch",
    seen: /^last-event-id, mcp-method, mcp-name is not allowed by/,
  },
  {
    why: "refusals never pass the CORS layer",
    faults: [
      at(`POST ${URL_OF_MCP}`, field("access-control-allow-origin", undefined)),
    ],
    code: "answer-without-cors",
    clause: "Fetch, CORS protocol",
  },
  {
    why: "nothing is exposed",
    faults: [
      at(
        `POST ${URL_OF_MCP}`,
        field("access-control-expose-headers", undefined),
      ),
    ],
    code: "challenge-hidden",
    clause: "Fetch, CORS protocol",
  },
  {
    why: "the session's name is not exposed",
    faults: [
      at(`POST ${URL_OF_MCP}`, field("mcp-session-id", "1")),
      at(
        `POST ${URL_OF_MCP}`,
        field("access-control-expose-headers", "WWW-Authenticate"),
      ),
    ],
    tokens: { valid: TOKEN },
    code: "session-hidden",
    clause: "Fetch, CORS protocol",
  },
  {
    why: "metadata without CORS",
    faults: everyPlace(field("access-control-allow-origin", undefined)),
    code: "metadata-without-cors",
    clause: "Fetch, CORS protocol",
  },
  {
    why: "metadata's preflights get 405",
    faults: [at(`OPTIONS ${RESOURCE_METADATA}`, says(405))],
    code: "metadata-preflight",
    clause: "Fetch, CORS-preflight fetch",
  },
  {
    why: "the authorization server's metadata without CORS",
    faults: [
      at(SERVER_METADATA, field("access-control-allow-origin", undefined)),
    ],
    code: "server-metadata-without-cors",
    clause: "Fetch, CORS protocol",
  },
  {
    why: "registration's preflights get 404",
    faults: [at(`OPTIONS ${ISSUER}/register`, says(404))],
    code: "registration-without-cors",
    clause: "Fetch, CORS-preflight fetch",
  },
  {
    why: "tokens without CORS",
    faults: [
      at(`${ISSUER}/token`, field("access-control-allow-origin", undefined)),
    ],
    code: "token-endpoint-without-cors",
    clause: "Fetch, CORS protocol",
  },
  {
    why: "every origin is repeated, with cookies",
    faults: [
      at(
        `POST ${URL_OF_MCP}`,
        field("access-control-allow-origin", "https://client.example"),
      ),
      at(
        `POST ${URL_OF_MCP}`,
        field("access-control-allow-credentials", "true"),
      ),
    ],
    code: "credentials-allowed",
    also: ["origin-without-vary"],
    clause: "Fetch, CORS protocol",
  },
  {
    why: "every origin is repeated, without Vary",
    faults: [
      at(
        `POST ${URL_OF_MCP}`,
        field("access-control-allow-origin", "https://client.example"),
      ),
    ],
    code: "origin-without-vary",
    clause: "RFC 9110 §12.5.5",
  },
  {
    why: "a server on this machine that any page can reach",
    faults: [(request) =>
      new Response(null, {
        status: request.method === "POST" ? 401 : 404,
      })],
    url: "http://127.0.0.1:9/mcp",
    code: "origin-not-checked",
    also: [
      "no-challenge",
      "metadata-missing",
      "server-metadata-missing",
      "preflight-refused",
      "answer-without-cors",
      "bad-token-error",
      "bad-token-challenge",
    ],
    clause: "MCP 2025-11-25, Transports",
  },

  // Tokens
  {
    why: "the algorithm is taken from the token",
    faults: [only(
      ({ headers }) => /^Bearer .+\.$/.test(headers.get("authorization") ?? ""),
      says(200, "{}"),
    )],
    code: "forged-token-accepted",
    clause: "RFC 8725 §3.1",
  },
  {
    why: "the signature is not verified",
    faults: [only(
      ({ headers }) => /\..+\../.test(headers.get("authorization") ?? ""),
      says(200, "{}"),
    )],
    code: "forged-token-accepted",
    clause: "RFC 8725 §3.1",
  },
  {
    why: "a verifier that finds nothing lets in",
    faults: [only((request) => !isAnonymous(request), says(200, "{}"))],
    code: "bad-token-accepted",
    also: ["forged-token-accepted"],
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "the verifier's error is nobody's business",
    faults: [only((request) => !isAnonymous(request), says(500))],
    code: "bad-token-status",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "a challenge without an error",
    faults: [only(
      (request) => !isAnonymous(request),
      field("www-authenticate", `Bearer ${LOCATED}`),
    )],
    code: "bad-token-error",
    clause: "RFC 6750 §3.1",
  },
  {
    why: "the framework's own challenge for a bad token",
    faults: [only(
      (request) => !isAnonymous(request),
      field("www-authenticate", 'Bearer error="invalid_token"'),
    )],
    code: "bad-token-challenge",
    clause: "RFC 9728 §5.1",
  },
  {
    why: "the server expects another audience",
    faults: [],
    tokens: { valid: "refused" },
    code: "token-refused",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "aud is not compared",
    faults: [],
    tokens: { wrongAudience: TOKEN },
    code: "wrong-audience-accepted",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "exp is not compared",
    faults: [],
    tokens: { expired: TOKEN },
    code: "expired-accepted",
    clause: "MCP 2025-11-25, Authorization",
  },
  {
    why: "scopes are judged before the time",
    faults: [only(
      ({ headers }) => headers.get("authorization") === "Bearer expired",
      says(403),
    )],
    tokens: { expired: "expired" },
    code: "expired-forbidden",
    clause: "MCP 2025-11-25, Authorization",
  },
];

for (const row of rows) {
  test(`examine() finds ${row.code}: ${row.why}`, async () => {
    const { tokens, deadlineSeconds, url = URL_OF_MCP } = row;
    const { report } = await examineWorld(row.faults, {
      ...(tokens !== undefined && { tokens }),
      ...(deadlineSeconds !== undefined && { deadlineSeconds }),
    }, url);
    const { part } = CATALOGUE[row.code];
    const found = report[part ?? "findings"]
      ?.find(({ code }) => code === row.code);
    assert(found, `found ${codesOf(report).join(", ") || "nothing"}`);
    assertEquals(found.clause.text, row.clause);
    assertEquals(found.clients, CATALOGUE[row.code].clients.map(nameOf));
    assertEquals(codesOf(report).sort(), [row.code, ...row.also ?? []].sort());
    assert(found.sightings.length > 0);
    if (row.seen !== undefined) {
      const seen = found.sightings.map((sighting) => sighting.seen);
      assert(seen.some((text) => row.seen?.test(text)), seen.join("\n"));
    }
  });
}

/** These need an answer that never ends, which the hostile server gives. */
const ELSEWHERE: readonly Code[] = ["answer-without-end"];

test("every kind of finding is found by a test", () => {
  const codes = Object.keys(CATALOGUE) as Code[];
  const found = [...rows.map(({ code }) => code), ...ELSEWHERE];
  assertEquals(codes.filter((code) => !found.includes(code)), []);
});

test("examine() finds nothing at a healthy server", async () => {
  const { report } = await examineWorld([], { tokens: { valid: TOKEN } });
  assertEquals(codesOf(report), []);
  assertEquals(
    report.clients.filter(({ outcome }) =>
      ["stops", "guesses"].includes(outcome)
    ),
    [],
  );
});

test("examine() gives advice apart from its findings: a good server may lack what is optional", async () => {
  const { report } = await examineWorld([
    at(MIRROR, says(404)),
    at(ROOT_METADATA, says(404)),
    at(SERVER_METADATA, members({ registration_endpoint: undefined })),
  ]);
  assertEquals(report.findings, []);
  assertEquals(report.advice?.map(({ code }) => code).sort(), [
    "metadata-not-at-root",
    "no-mirror",
    "registration-only-documents",
  ]);
});

test("examine() accepts keys of the resource's own, a list that has it, and a token endpoint that limits requests", async () => {
  const { report } = await examineWorld([
    ...everyPlace(members({ jwks_uri: "https://notes.example.com/jwks" })),
    at(SERVER_METADATA, members({ protected_resources: [URL_OF_MCP] })),
    at(`POST ${ISSUER}/token`, async (request, healthy) => {
      const { headers } = await healthy(request);
      return new Response("Slow down", { status: 429, headers });
    }),
  ]);
  assertEquals(codesOf(report), []);
});

test("examine() registers no client and signs no user in", async () => {
  const { asked } = await examineWorld([]);
  assertEquals(
    asked.filter((line) =>
      /^(?:POST \S+\/register|GET \S+\/authorize)$/.test(line)
    ),
    [],
  );
});

test("examine() shows once what it saw several times", async () => {
  const { report } = await examineWorld([
    only((request) => !isAnonymous(request), says(500)),
  ]);
  const found = report.findings.find(({ code }) => code === "bad-token-status");
  assertEquals(found?.sightings.length, 1);
});

test("examine() asks nothing twice", async () => {
  const { report } = await examineWorld([]);
  const questions = report.exchanges.map(({ method, url, requestHeaders }) =>
    JSON.stringify([method, url, requestHeaders])
  );
  assertEquals(new Set(questions).size, questions.length);
});

test("examine() writes no token down, wherever the server repeats it", async () => {
  for (const status of [200, 302, 401]) {
    const { report } = await examineWorld([
      (request) => {
        const token = request.headers.get("authorization") ?? "none";
        const name = token.replace(/\W/g, "-");
        return new Response(token, {
          status,
          headers: {
            "x-token": token,
            [`x-${name}`]: "its name is lower case",
            "link": token.toUpperCase(),
            "location": `/?${token}`,
            "www-authenticate": `Bearer error="a ${token}"`,
          },
        });
      },
    ], {
      tokens: {
        valid: TOKEN,
        expired: `${TOKEN.toUpperCase()}-old`,
        wrongAudience: "other-secret",
      },
    });
    const text = JSON.stringify(report).toLowerCase();
    for (const secret of [TOKEN.toLowerCase(), "-old", "other-secret"]) {
      assertEquals(text.includes(secret), false, `${secret} with ${status}`);
    }
  }
});

test("examine() writes no token down that a redirect has for a host", async () => {
  const { report } = await examineWorld([
    (request) => {
      const [, token = "none"] = /^Bearer (.*)/
        .exec(request.headers.get("authorization") ?? "") ?? [];
      return new Response(null, {
        status: 307,
        headers: { location: `https://${token}.example.com/` },
      });
    },
  ], { tokens: { valid: "OPAQUE-Token-1" } });
  assertEquals(/opaque-token-1/i.test(JSON.stringify(report)), false);
});

test("examine() sends no token that it was given in the clear", async () => {
  const tokens = { valid: TOKEN, expired: TOKEN, wrongAudience: TOKEN };
  const sent: (string | null)[] = [];
  await examineWorld(
    [(request, healthy) => {
      sent.push(request.headers.get("authorization"));
      return healthy(request);
    }],
    { tokens },
    "http://notes.example.com/mcp",
  );
  assert(sent.length > 10);
  assertEquals(sent.includes(`Bearer ${TOKEN}`), false);
});

test("examine() reports every exchange as soon as it is answered", async () => {
  const numbers: number[] = [];
  const { report } = await examineWorld([], {
    onExchange: ({ number }) => numbers.push(number),
  });
  assertEquals(numbers, report.exchanges.map(({ number }) => number));
});

const BAD_URLS: readonly (readonly [why: string, url: string])[] = [
  ["no URL", "notes.example.com/mcp"],
  ["another scheme", "ftp://notes.example.com/mcp"],
  ["a password", "https://user:secret@notes.example.com/mcp"],
  ["a fragment", "https://notes.example.com/mcp#a"],
  ["too many characters", `https://notes.example.com/${"a".repeat(8192)}`],
];
for (const [why, url] of BAD_URLS) {
  test(`examine() refuses a URL with ${why}, and repeats no password`, async () => {
    const error = await assertRejects(() => examine(url), TypeError);
    assertEquals(error.message.includes("secret"), false);
  });
}
