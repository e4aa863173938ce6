/**
 * Where the metadata of the resource and of its authorization servers are about the same: keys (RFC 9728 §2), and the
 * resources that a server lists (RFC 9728 §4).
 *
 * @module
 */

import { parseUrl } from "../../runtime/identifiers.ts";
import type { Examination } from "../examination.ts";
import { examineUrl } from "../network/urls.ts";
import { quoted } from "../output/text.ts";
import { type FoundDocument, stringsOf } from "./documents.ts";

/** Examines whether the documents agree. */
export async function examineAgreement(
  examination: Examination,
  resource: FoundDocument | undefined,
  servers: readonly FoundDocument[],
): Promise<void> {
  if (resource === undefined) return;
  await examineKeys(examination, resource, servers);
  for (const server of servers) examineListed(examination, resource, server);
}

/** The resource's `jwks_uri` has the keys with which it signs responses, and so is not that of an authorization server. */
async function examineKeys(
  examination: Examination,
  { document: { jwks_uri }, answer }: FoundDocument,
  servers: readonly FoundDocument[],
): Promise<void> {
  if (jwks_uri === undefined) return;
  await examineUrl(examination, "jwks_uri", jwks_uri, answer);
  const keys = parseUrl(jwks_uri)?.href;
  if (keys === undefined) return;
  for (const server of servers) {
    if (parseUrl(server.document.jwks_uri)?.href !== keys) continue;
    const seen = `jwks_uri is ${quoted(jwks_uri)}, that of ${
      quoted(server.document.issuer)
    }.`;
    examination.find("issuer-keys-copied", seen, answer, server.answer);
  }
}

function examineListed(
  examination: Examination,
  { document: { resource } }: FoundDocument,
  server: FoundDocument,
): void {
  const listed = stringsOf(examination, server, "protected_resources");
  if (!listed?.length || listed.some((each) => each === resource)) return;
  const seen = `protected_resources of ${
    quoted(server.document.issuer)
  } has ${listed.length}, and not ${quoted(resource)}.`;
  examination.find("resource-not-listed", seen, server.answer);
}
