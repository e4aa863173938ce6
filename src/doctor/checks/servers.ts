/**
 * Checks of the authorization servers' metadata (RFC 8414, OpenID Connect Discovery), and of its mirror at the MCP
 * server.
 *
 * @module
 */

import type { ServerMetadataPlace } from "../clients/client.ts";
import { examineDocument, type FoundDocument, stringsOf } from "./documents.ts";
import type { Examination } from "../examination.ts";
import { serverMetadataUrl } from "./places.ts";
import { listed, quoted } from "../output/text.ts";
import { examineUrl } from "../network/urls.ts";

const stage = "authorization server";

/** The order of MCP 2025-11-25 and later. */
const PLACES: readonly ServerMetadataPlace[] = [
  "oauth inserted",
  "openid inserted",
  "openid appended",
];

/** Examines an authorization server, and returns its metadata. */
export async function examineServer(
  examination: Examination,
  server: string,
): Promise<FoundDocument | undefined> {
  const { url, find } = examination;
  const urls = new Set(
    PLACES.map((place) => serverMetadataUrl(place, server, url)),
  );
  let found: FoundDocument | undefined;
  for (const [i, place] of [...urls].entries()) {
    const purpose = `metadata of ${server}, place ${i + 1} of ${urls.size}`;
    found = await examineDocument(
      examination,
      { stage, purpose, url: place },
      i === 0 ? "required" : "optional",
    );
    if (found === undefined) continue;
    if (i > 0) {
      find("server-metadata-openid-only", `It is at ${place}.`, found.answer);
      examineOpenid(examination, found);
    }
    break;
  }
  if (found === undefined) {
    find(
      "server-metadata-missing",
      `${server} has none at ${[...urls].join(", ")}.`,
    );
    return undefined;
  }
  examineIssuer(examination, server, found);
  await examineEndpoints(examination, found);
  examinePkce(examination, found);
  examineRegistration(examination, found);
  return found;
}

/** Members that OpenID Connect requires and RFC 8414 does not, of which SDKs check the presence. */
const OPENID_MEMBERS = [
  "jwks_uri",
  "subject_types_supported",
  "id_token_signing_alg_values_supported",
];

function examineOpenid(
  { find }: Examination,
  { document, answer }: FoundDocument,
): void {
  const missing = OPENID_MEMBERS.filter((name) => document[name] === undefined);
  if (missing.length === 0) return;
  const seen = `${listed(missing)} missing from ${answer.exchange.url}.`;
  find("openid-metadata-incomplete", seen, answer);
}

/** Examines the authorization server metadata at the MCP server's origin. */
export async function examineMirror(
  examination: Examination,
  servers: readonly string[],
): Promise<void> {
  const { url, endpoint, find } = examination;
  // The MCP server's origin is itself a listed authorization server, so this is not a mirror.
  if (servers.some((server) => new URL(server).origin === endpoint.origin)) {
    return;
  }
  const found = await examineDocument(examination, {
    stage: "mirror",
    purpose: "authorization server metadata, at the MCP server",
    url: serverMetadataUrl("oauth at the root", endpoint.origin, url),
  }, "optional");
  if (found === undefined) {
    find("no-mirror", `${endpoint.origin} has none.`);
    return;
  }
  const { issuer } = found.document;
  if (!servers.some((server) => server === issuer)) {
    const seen = `Its issuer is ${quoted(issuer)}, listed is ${
      quoted(servers)
    }.`;
    find("mirror-of-a-stranger", seen, found.answer);
  }
}

function examineIssuer(
  { find }: Examination,
  server: string,
  { document: { issuer }, answer }: FoundDocument,
): void {
  if (issuer === server) return;
  const seen = `It is listed as ${quoted(server)}, its issuer is ${
    quoted(issuer)
  }.`;
  const isSlash = typeof issuer === "string" &&
    issuer.replace(/\/$/, "") === server.replace(/\/$/, "");
  find(isSlash ? "issuer-slash" : "issuer-mismatch", seen, answer);
}

async function examineEndpoints(
  examination: Examination,
  { document, answer }: FoundDocument,
): Promise<void> {
  const { network, find } = examination;
  const required = {
    authorization_endpoint: "authorization-endpoint-missing",
    token_endpoint: "token-endpoint-missing",
  } as const;
  for (const [name, code] of Object.entries(required)) {
    if (document[name] === undefined) find(code, `${name} is missing.`, answer);
    else await examineUrl(examination, name, document[name], answer);
  }
  if (document.registration_endpoint !== undefined) {
    const { registration_endpoint } = document;
    await examineUrl(
      examination,
      "registration_endpoint",
      registration_endpoint,
      answer,
    );
  }
  const { jwks_uri } = document;
  if (
    jwks_uri === undefined ||
    !await examineUrl(examination, "jwks_uri", jwks_uri, answer)
  ) return;
  const [keys] = await network.read({
    stage,
    purpose: "the authorization server's keys",
    url: String(jwks_uri),
    headers: { accept: "application/json" },
  });
  if (keys.status !== 200 || !Array.isArray(keys.json?.keys)) {
    find(
      "keys-unreadable",
      `${jwks_uri} is answered with ${keys.status}.`,
      keys,
    );
  } else if (keys.json.keys.length === 0) {
    find("keys-empty", `${jwks_uri} has an empty array.`, keys);
  }
}

function examinePkce(examination: Examination, found: FoundDocument): void {
  const { find } = examination;
  const { document, answer } = found;
  const methods = stringsOf(
    examination,
    found,
    "code_challenge_methods_supported",
  );
  const seen = `code_challenge_methods_supported is ${quoted(methods)}.`;
  if (!methods?.length) find("pkce-not-advertised", seen, answer);
  else if (!methods.includes("S256")) find("pkce-without-s256", seen, answer);
  const types = stringsOf(examination, found, "response_types_supported");
  if (!types?.includes("code")) {
    find(
      "code-not-supported",
      `response_types_supported is ${quoted(types)}.`,
      answer,
    );
  }
  const grants = stringsOf(examination, found, "grant_types_supported");
  if (grants?.length && !grants.includes("authorization_code")) {
    const seen = `grant_types_supported is ${quoted(grants)}.`;
    find("grant-not-supported", seen, answer);
  }
  if (document.authorization_response_iss_parameter_supported !== true) {
    const seen = "authorization_response_iss_parameter_supported is not true.";
    find("iss-not-announced", seen, answer);
  }
}

function examineRegistration(
  examination: Examination,
  found: FoundDocument,
): void {
  const { find } = examination;
  const { document, answer } = found;
  const isDynamic = typeof document.registration_endpoint === "string";
  const isByDocument = document.client_id_metadata_document_supported === true;
  const seen = `registration_endpoint is ${
    isDynamic ? "there" : "missing"
  }, client_id_metadata_document_supported is ${isByDocument}.`;
  if (!isDynamic && !isByDocument) find("no-registration", seen, answer);
  else if (!isByDocument) find("registration-only-dynamic", seen, answer);
  else if (!isDynamic) find("registration-only-documents", seen, answer);
  const name = "token_endpoint_auth_methods_supported";
  const methods = stringsOf(examination, found, name);
  if (!methods?.includes("none")) {
    find("no-public-clients", `${name} is ${quoted(methods)}.`, answer);
  }
}
