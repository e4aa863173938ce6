/**
 * The challenges of a server that supports the scheme DPoP
 * ({@link https://www.rfc-editor.org/rfc/rfc9449#section-7.1 | RFC 9449 §7.1}, §7.2).
 *
 * @module
 */

import type { Credentials } from "../http/credentials.ts";
import type { ChallengeParams } from "../http/error_responses.ts";
import { formatChallenge } from "../http/www_authenticate.ts";

/**
 * Returns a function that creates the parameters of the challenges to requests of a scheme. An error is in the challenge
 * of the scheme that the request used. A 401 in the scheme Bearer offers DPoP too, without the error.
 */
export function dpopChallenges(
  algorithms: readonly string[],
  isRequired: boolean,
): (
  params: ChallengeParams,
  scheme: Credentials["scheme"],
) => ChallengeParams {
  const algs = algorithms.join(" ");

  function formatOf(
    scheme: Credentials["scheme"],
  ): NonNullable<ChallengeParams["format"]> {
    return (params, status) => {
      const bearer = formatChallenge({ scheme: "Bearer", params });
      const dpop = formatChallenge({
        scheme: "DPoP",
        params: { ...params, algs },
      });
      if (isRequired || scheme === "DPoP") return dpop;
      // Bearer first: MCP clients read only the challenge at the beginning of the header.
      if (scheme === "both") return `${bearer}, ${dpop}`;
      return status === 401
        ? `${bearer}, ${formatChallenge({ scheme: "DPoP", params: { algs } })}`
        : bearer;
    };
  }

  const made = new Map<Credentials["scheme"], ChallengeParams>();
  return (params, scheme) => {
    const known = made.get(scheme) ?? { ...params, format: formatOf(scheme) };
    made.set(scheme, known);
    return known;
  };
}
