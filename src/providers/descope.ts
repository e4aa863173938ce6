/**
 * Descope.
 *
 * @module
 */

import {
  aString,
  checkOptions,
  oneOrMoreStrings,
  type OptionShape,
} from "../runtime/option_checks.ts";
import {
  type Audience,
  audienceOf,
  matching,
  onlyWith,
  originOf,
  type Provider,
  provider,
} from "./provider.ts";

/** An MCP server, or the inbound apps, of a Descope project. */
export interface DescopeOptions {
  /** The project's ID, which begins with P. */
  readonly projectId: string;
  /** The MCP server's ID, as its discovery URL has it at its end. Default: none, for inbound apps. */
  readonly mcpServerId?: string | undefined;
  /** Where Descope is: a region's, or a custom domain. Default: `https://api.descope.com`. */
  readonly url?: string | undefined;
  /** Default: the resource itself, which is to be the MCP Server URL in Descope. */
  readonly audience?: Audience | undefined;
}

const SHAPE: OptionShape<DescopeOptions> = {
  members: {
    projectId: aString,
    mcpServerId: aString,
    url: aString,
    audience: oneOrMoreStrings,
  },
};

/**
 * Descope. Its MCP server has an issuer of its own, where clients find it, and tokens are most often the
 * project's: both are trusted, with the project's keys.
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function descope(options: DescopeOptions): Provider {
  checkOptions(options, "", SHAPE);
  const project = matching(
    options.projectId,
    /^P\w+$/,
    "projectId",
    "write the Project ID, which begins with P",
  );
  const origin = originOf(options.url ?? "https://api.descope.com", "url");
  const issuers = [`${origin}/v1/apps/${project}`];
  if (options.mcpServerId !== undefined) {
    const server = matching(
      options.mcpServerId,
      /^\w+$/,
      "mcpServerId",
      "write the last part of the MCP server's issuer",
    );
    issuers.unshift(`${origin}/v1/apps/agentic/${project}/${server}`);
  }
  return provider(issuers, {
    ...audienceOf(options.audience),
    jwks_uri: `${origin}/${project}/.well-known/jwks.json`,
    claims: onlyWith("scope"),
  });
}
