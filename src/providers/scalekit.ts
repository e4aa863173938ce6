/**
 * Scalekit.
 *
 * @module
 */

import {
  aString,
  checkOptions,
  type OptionShape,
} from "../runtime/option_checks.ts";
import { matching, originOf, type Provider, provider } from "./provider.ts";

/** An MCP server of a Scalekit environment. */
export interface ScalekitOptions {
  /** The environment's URL, such as `https://acme.scalekit.com`. */
  readonly environmentUrl: string;
  /** The MCP server's resource ID, which is in the `aud` of its tokens. */
  readonly resourceId: string;
}

const SHAPE: OptionShape<ScalekitOptions> = {
  members: {
    environmentUrl: aString,
    resourceId: aString,
  },
};

/**
 * Scalekit. Clients find an issuer of the MCP server's own, while tokens have had the environment's issuer: both are
 * trusted, with the environment's keys.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function scalekit(options: ScalekitOptions): Provider {
  checkOptions(options, "", SHAPE);
  const origin = originOf(options.environmentUrl, "environmentUrl");
  const audience = matching(
    options.resourceId,
    /^res_\w+$/,
    "resourceId",
    "write the resource ID, which begins with res_",
  );
  return provider([`${origin}/resources/${audience}`, origin], {
    audience,
    jwks_uri: `${origin}/keys`,
  });
}
