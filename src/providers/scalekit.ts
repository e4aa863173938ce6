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
  /** The MCP server's resource ID. It is in the `aud` of its tokens, whatever its URL is. */
  readonly resourceId: string;
}

const SHAPE: OptionShape<ScalekitOptions> = {
  members: {
    environmentUrl: aString,
    resourceId: aString,
  },
};

/**
 * Scalekit. Its MCP server has an issuer of its own, where clients find it, and tokens have been the
 * environment's: both are trusted, with the environment's keys.
 *
 * @throws {TypeError} If an option cannot be used.
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
