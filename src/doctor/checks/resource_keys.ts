/**
 * The keys in the protected resource's metadata: those with which the resource signs responses (RFC 9728 §2).
 *
 * @module
 */

import { parseUrl } from "../../runtime/identifiers.ts";
import type { Examination } from "../examination.ts";
import { examineUrl } from "../network/urls.ts";
import { quoted } from "../output/text.ts";
import type { FoundDocument } from "./documents.ts";

/** Examines the resource's `jwks_uri`: it must not be that of an authorization server. */
export async function examineResourceKeys(
  examination: Examination,
  resource: FoundDocument | undefined,
  servers: readonly FoundDocument[],
): Promise<void> {
  if (resource?.document.jwks_uri === undefined) return;
  const { document: { jwks_uri }, answer } = resource;
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
