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
  strings,
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
  /** The MCP server's ID, the last part of its discovery URL. Default: none, for inbound apps. */
  readonly mcpServerId?: string | undefined;
  /**
   * The IDs of tenants whose tokens are accepted, which have the tenant's issuer as `iss`. Default: none, so that only
   * tokens of the project and of the MCP server are accepted.
   */
  readonly tenantIds?: readonly string[] | undefined;
  /** The base URL of Descope: a region's or a custom domain. Default: `https://api.descope.com`. */
  readonly url?: string | undefined;
  /** The audience of the tokens. Default: the resource, which must be the MCP Server URL in Descope. */
  readonly audience?: Audience | undefined;
}

const SHAPE: OptionShape<DescopeOptions> = {
  members: {
    projectId: aString,
    mcpServerId: aString,
    tenantIds: strings,
    url: aString,
    audience: oneOrMoreStrings,
  },
};

/**
 * Descope. Clients find an issuer of the MCP server's own, while most tokens have the project's issuer, and tokens of a
 * tenant the tenant's: all are trusted, with the project's keys.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
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
  for (const tenantId of options.tenantIds ?? []) {
    const tenant = matching(
      tenantId,
      /^[\w-]+$/,
      "tenantIds",
      "write the ID of each tenant, the last part of its issuer",
    );
    issuers.push(`${origin}/v1/apps/${project}/${tenant}`);
  }
  return provider(issuers, {
    ...audienceOf(options.audience),
    jwks_uri: `${origin}/${project}/.well-known/jwks.json`,
    claims: onlyWith("scope"),
  });
}
