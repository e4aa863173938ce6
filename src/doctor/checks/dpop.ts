/**
 * What a server says of tokens that are bound to a key (DPoP, {@link https://www.rfc-editor.org/rfc/rfc9449 | RFC 9449}).
 * It is reported, and not judged: binding tokens is the server's own decision.
 *
 * @module
 */

import { isStrings } from "../../runtime/option_checks.ts";
import type { Examination } from "../examination.ts";
import type { Answer } from "../network/network.ts";
import type { DpopOffer } from "../report.ts";
import { parsed } from "./challenges.ts";
import type { FoundDocument } from "./documents.ts";

/** The most algorithms that are reported. */
const MAX_ALGORITHMS = 16;

/** What the metadata and the challenge offer; `undefined` if neither speaks of bound tokens. */
export function dpopOffer(
  { network }: Examination,
  { headers }: Answer,
  found: FoundDocument | undefined,
): DpopOffer | undefined {
  const {
    dpop_signing_alg_values_supported: named,
    dpop_bound_access_tokens_required: required,
  } = found?.document ?? {};
  const challenge = parsed(headers.get("www-authenticate") ?? "")
    ?.find(({ scheme }) => scheme === "dpop");
  if (challenge === undefined && named === undefined && required !== true) {
    return undefined;
  }
  const algorithms = isStrings(named)
    ? named
    : challenge?.params.algs?.split(" ") ?? [];
  return {
    mode: required === true ? "required" : "optional",
    algorithms: algorithms.slice(0, MAX_ALGORITHMS)
      .map((algorithm) => network.clean(algorithm)),
  };
}
