/**
 * What a deployment is told: `cdk deploy -c authorizationServers=https://… -c resource=https://…`.
 *
 * @module
 */

import type { Node } from "constructs";

/** The settings of both APIs. */
export interface Settings {
  /** The trusted issuers, divided by commas. */
  readonly authorizationServers: string;
  /** The MCP server's public URL, where it has a domain of its own. Default: `/mcp` on the API's own domain. */
  readonly resource?: string;
  /** `none` where the authorization servers know no scopes but their own, as AuthKit. Default: the notes' scopes. */
  readonly scopes?: string;
  /** The certificate of that domain, in the region of the API. */
  readonly certificateArn?: string;
}

/**
 * Reads the settings.
 *
 * @throws {Error} If the authorization servers are not named.
 */
export function readSettings(node: Node): Settings {
  const authorizationServers = text(node, "authorizationServers");
  if (authorizationServers === undefined) {
    throw new Error(
      "Name the authorization servers: -c authorizationServers=https://your-project.authkit.app",
    );
  }
  const resource = text(node, "resource");
  const scopes = text(node, "scopes");
  const certificateArn = text(node, "certificateArn");
  return {
    authorizationServers,
    ...(resource !== undefined && { resource }),
    ...(scopes !== undefined && { scopes }),
    ...(certificateArn !== undefined && { certificateArn }),
  };
}

function text(node: Node, name: string): string | undefined {
  const value: unknown = node.tryGetContext(name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What both functions are told. */
export function environmentOf(
  resource: string,
  { authorizationServers, scopes }: Settings,
): Readonly<Record<string, string>> {
  return {
    MCP_RESOURCE: resource,
    MCP_AUTHORIZATION_SERVERS: authorizationServers,
    ...(scopes !== undefined && { MCP_SCOPES: scopes }),
  };
}
