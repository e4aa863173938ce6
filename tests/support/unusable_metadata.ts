/**
 * What an issuer may answer in place of its metadata.
 *
 * @module
 */

import {
  type Answer,
  answerHtml,
  answerJson,
  answerNothing,
  answerRedirect,
  answerStatus,
} from "../../src/testing/mod.ts";
import { ISSUER } from "./protected.ts";

/** Answers from which no metadata can be read. */
export const unusableMetadata:
  readonly (readonly [why: string, answer: Answer])[] = [
    ["nothing there", answerStatus(404)],
    ["a refusal", answerStatus(401)],
    ["a broken server", answerStatus(500)],
    ["a page", answerHtml()],
    ["no connection", answerNothing()],
    ["a list", answerJson([{ issuer: ISSUER }])],
    [
      "more than 256 KiB",
      () => Response.json({ issuer: ISSUER, x: "x".repeat(262_144) }),
    ],
    [
      "a redirect to a good document",
      answerRedirect(`${ISSUER}/.well-known/openid-configuration`),
    ],
    ["no issuer", answerJson({ jwks_uri: "http://localhost:9000/evil" })],
    ["another issuer", answerJson({ issuer: "http://localhost:9000/tenant2" })],
    [
      "the issuer of the whole host",
      answerJson({
        issuer: "http://localhost:9000",
      }),
    ],
    ["the issuer with a slash", answerJson({ issuer: `${ISSUER}/` })],
    [
      "the issuer in other letters",
      answerJson({
        issuer: "http://LOCALHOST:9000/tenant1",
      }),
    ],
    [
      "a template in place of the issuer",
      answerJson({
        issuer: "http://localhost:9000/{tenantid}",
      }),
    ],
    ["a list in place of the issuer", answerJson({ issuer: [ISSUER] })],
  ];
