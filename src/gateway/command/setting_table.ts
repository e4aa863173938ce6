/**
 * The settings that a flag and a variable can make. All others are for a configuration file alone.
 *
 * @module
 */

/** The name of a setting in a configuration file. */
export type SettingName =
  | "upstream"
  | "resource"
  | "authorization_servers"
  | "host"
  | "port"
  | "path"
  | "timeoutSeconds"
  | "maxBodyBytes"
  | "maxOpen"
  | "log"
  | "dpop"
  | "dpopNonce"
  | "provider"
  | "providerIssuer"
  | "clientId"
  | "providerScopes"
  | "bridgeIssuer";

/** A setting. */
export interface Setting {
  readonly name: SettingName;
  readonly flag: string;
  readonly variable: string;
  readonly kind: "text" | "number" | "list" | "words" | "switch";
  /** What its value is, and what it does, for people. */
  readonly help: readonly [value: string, meaning: string];
}

/** All of them, in the order in which people read them. */
export const SETTINGS: readonly Setting[] = [
  {
    name: "upstream",
    flag: "upstream",
    variable: "GATEWAY_UPSTREAM",
    kind: "text",
    help: [
      "url",
      "the MCP server's own URL, such as http://localhost:3000/mcp",
    ],
  },
  {
    name: "resource",
    flag: "resource",
    variable: "MCP_RESOURCE",
    kind: "text",
    help: ["url", "the public URL (default: http://localhost:<port>/mcp)"],
  },
  {
    name: "authorization_servers",
    flag: "issuer",
    variable: "MCP_AUTHORIZATION_SERVERS",
    kind: "list",
    help: ["url", "who issues the tokens; separate several by commas"],
  },
  {
    name: "host",
    flag: "host",
    variable: "HOST",
    kind: "text",
    help: ["name", "the address to listen on (default: localhost)"],
  },
  {
    name: "port",
    flag: "port",
    variable: "PORT",
    kind: "number",
    help: ["number", "the port to listen on (default: 8787)"],
  },
  {
    name: "path",
    flag: "path",
    variable: "GATEWAY_PATH",
    kind: "text",
    help: ["path", "where the resource is mounted, if a proxy strips a prefix"],
  },
  {
    name: "timeoutSeconds",
    flag: "timeout",
    variable: "GATEWAY_TIMEOUT_SECONDS",
    kind: "number",
    help: [
      "seconds",
      "how long the MCP server may take to begin a response (default: 30)",
    ],
  },
  {
    name: "maxBodyBytes",
    flag: "max-body",
    variable: "GATEWAY_MAX_BODY_BYTES",
    kind: "number",
    help: ["bytes", "how large a request's body may be (default: 4194304)"],
  },
  {
    name: "maxOpen",
    flag: "max-open",
    variable: "GATEWAY_MAX_OPEN",
    kind: "number",
    help: [
      "number",
      "open requests to one server, streams included (default: 10000)",
    ],
  },
  {
    name: "log",
    flag: "log",
    variable: "GATEWAY_LOG",
    kind: "text",
    help: ["format", "text, json or none (default: text)"],
  },
  {
    name: "dpop",
    flag: "dpop",
    variable: "MCP_DPOP",
    kind: "text",
    help: [
      "mode",
      "optional or required: whether tokens are bound to a key by DPoP",
    ],
  },
  {
    name: "dpopNonce",
    flag: "dpop-nonce",
    variable: "MCP_DPOP_NONCE",
    kind: "switch",
    help: ["1", "proofs have to contain a nonce of the gateway"],
  },
  {
    name: "provider",
    flag: "provider",
    variable: "BRIDGE_PROVIDER",
    kind: "text",
    help: [
      "name",
      "sign in by github, google, … instead of an issuer: the bridge",
    ],
  },
  {
    name: "providerIssuer",
    flag: "provider-issuer",
    variable: "BRIDGE_PROVIDER_ISSUER",
    kind: "text",
    help: ["url", "the provider's issuer, for oidc, okta, entra-id and gitlab"],
  },
  {
    name: "clientId",
    flag: "client-id",
    variable: "BRIDGE_CLIENT_ID",
    kind: "text",
    help: [
      "id",
      "the application's at the provider; callback: <issuer>/callback",
    ],
  },
  {
    name: "providerScopes",
    flag: "provider-scopes",
    variable: "BRIDGE_SCOPES",
    kind: "words",
    help: ["scopes", "what the provider is asked for, separated by spaces"],
  },
  {
    name: "bridgeIssuer",
    flag: "bridge-issuer",
    variable: "BRIDGE_ISSUER",
    kind: "text",
    help: ["url", "the bridge's issuer (default: the origin of the resource)"],
  },
];

/** A setting by its name. */
export function settingOf(name: SettingName): Setting {
  return SETTINGS.find((setting) => setting.name === name)!;
}
