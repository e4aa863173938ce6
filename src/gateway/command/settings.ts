/**
 * The settings of a gateway, complete and checked.
 *
 * @module
 */

import type { ProtectedResourceOptions } from "../../options.ts";
import {
  checkIdentifier,
  isLoopback,
  isLoopbackIdentifier,
} from "../../runtime/identifiers.ts";
import type { ForwardOptions } from "../options.ts";
import { checkSecrets } from "../secrets.ts";
import { checkUpstream } from "../upstream_url.ts";
import type { Config, ServerConfig } from "./config_schema.ts";
import { type SettingName, settingOf } from "./setting_table.ts";
import { SECRET_VARIABLE, SettingError, type Sources } from "./sources.ts";

/** A server behind the gateway. */
export interface ServerSettings {
  readonly upstream: string;
  readonly forward: ForwardOptions;
  readonly guard: ProtectedResourceOptions;
  /** How proofs are verified, if they are. */
  readonly dpop?: DpopSettings;
}

/** How proofs are verified. */
export interface DpopSettings {
  readonly mode: "optional" | "required";
  /** Whether they need a nonce, which is derived from the gateway's secrets. */
  readonly needsNonce: boolean;
}

/** A gateway. */
export interface GatewaySettings {
  readonly host: string;
  readonly port: number;
  readonly log: "text" | "json" | "none";
  readonly secrets: readonly string[];
  /** Whether the secret was made up, and is gone after a restart. */
  readonly isSecretMadeUp: boolean;
  readonly servers: readonly ServerSettings[];
  /** The bridge, if clients sign in by a provider. */
  readonly bridge?: BridgeSettings;
}

/** A bridge to a provider. */
export interface BridgeSettings {
  readonly issuer: string;
  readonly provider: string;
  readonly clientId: string;
  readonly providerIssuer?: string | undefined;
  readonly scope?: readonly string[] | undefined;
}

/** What only one server can have. */
const SINGLE = ["upstream", "resource", "path", "scopes", "metadata"] as const;

/**
 * Makes the settings of their sources.
 *
 * @throws {SettingError} If one is missing, or cannot be used.
 */
export function resolveSettings(
  { given, config, file }: Sources,
  secret: string | undefined,
): GatewaySettings {
  const fromGiven = [...given].map(([name, { value }]) => [name, value]);
  let all: Config = { ...config, ...Object.fromEntries(fromGiven) };
  const { host = "localhost", port = 8787, log = "text", servers: listed } =
    all;
  const label = (name: SettingName): string =>
    given.get(name)?.from ??
      (name in config ? `${name} in ${file}` : undefined) ??
      settingOf(name).variable;
  checkHost(host, label("host"));
  for (const name of listed === undefined ? [] : SINGLE) {
    if (all[name] === undefined) continue;
    const from = given.get(name as SettingName)?.from ?? name;
    throw new SettingError(
      `Cannot use ${from} beside servers in ${file}: each server has its own`,
    );
  }
  const bridge = bridgeOf(all, label, port);
  if (bridge !== undefined) {
    if (all.authorization_servers !== undefined) {
      throw new SettingError(
        `Cannot use ${label("authorization_servers")} beside ${
          label("provider")
        }: the bridge issues the tokens`,
      );
    }
    all = { ...all, authorization_servers: [bridge.issuer] };
  }
  const servers = listed === undefined
    ? [serverOf({ resource: `http://localhost:${port}/mcp`, ...all }, label)]
    : listed.map((server, i) =>
      serverOf(
        { ...all, ...server },
        (name) =>
          name in server ? `servers[${i}].${name} in ${file}` : label(name),
      )
    );
  const isLocal = isLoopbackHost(host) ||
    servers.every(({ guard }) => isLoopbackIdentifier(guard.metadata.resource));
  return {
    host,
    port,
    log,
    secrets: secretsOf(secret, isLocal),
    isSecretMadeUp: secret === undefined,
    servers,
    ...(bridge !== undefined && { bridge }),
  };
}

function bridgeOf(
  { provider, providerIssuer, clientId, providerScopes, ...config }: Config,
  label: (name: SettingName) => string,
  port: number,
): BridgeSettings | undefined {
  if (provider === undefined) return undefined;
  if (clientId === undefined) {
    throw missing("the application's client ID", "clientId");
  }
  const resource = config.resource ?? config.servers?.[0]?.resource ??
    `http://localhost:${port}/mcp`;
  checked(() => checkIdentifier(resource, label("resource")));
  const issuer = config.bridgeIssuer ?? new URL(resource).origin;
  checked(() => checkIdentifier(issuer, label("bridgeIssuer")));
  return { issuer, provider, clientId, providerIssuer, scope: providerScopes };
}

function serverOf(
  config: ServerConfig,
  label: (name: SettingName) => string,
): ServerSettings {
  const { upstream, resource, authorization_servers, metadata } = config;
  if (upstream === undefined) throw missing("an MCP server", "upstream");
  if (resource === undefined) throw missing("a resource", "resource");
  if (authorization_servers === undefined) {
    throw missing("an authorization server", "authorization_servers");
  }
  checked(() => {
    checkUpstream(upstream, label("upstream"));
    checkIdentifier(resource, label("resource"));
    for (const issuer of authorization_servers) {
      checkIdentifier(issuer, label("authorization_servers"));
    }
  });
  const { path, maxBodyBytes, timeoutSeconds, maxOpen, identity } = config;
  const { scopes, issuers, origins, dpop, dpopNonce = false } = config;
  if (dpopNonce && dpop === undefined) {
    throw new SettingError(
      `Cannot use ${label("dpopNonce")} alone: set ${
        settingOf("dpop").variable
      } to optional or required`,
    );
  }
  const both = {
    ...(path !== undefined && { path }),
    ...(maxBodyBytes !== undefined && { maxBodyBytes }),
  };
  return {
    upstream,
    forward: {
      issuer: resource,
      ...both,
      ...(timeoutSeconds !== undefined && { timeoutSeconds }),
      ...(maxOpen !== undefined && { maxOpen }),
      ...(identity !== undefined && { identity }),
    },
    guard: {
      metadata: { ...metadata, resource, authorization_servers },
      ...both,
      ...(scopes !== undefined && { scopes }),
      ...(issuers !== undefined && { issuers }),
      ...(origins !== undefined && { cors: { origins } }),
    },
    ...(dpop !== undefined && { dpop: { mode: dpop, needsNonce: dpopNonce } }),
  };
}

function missing(what: string, name: SettingName): SettingError {
  const { flag, variable } = settingOf(name);
  return new SettingError(
    `Cannot start without ${what}: set ${variable}, or --${flag}`,
  );
}

function secretsOf(
  secret: string | undefined,
  isLocal: boolean,
): readonly string[] {
  if (secret === undefined && isLocal) {
    return [crypto.randomUUID() + crypto.randomUUID()];
  }
  const advice =
    `set ${SECRET_VARIABLE} to 32 random characters or more, such as those of "openssl rand -base64 32"`;
  if (secret === undefined) {
    throw new SettingError(`Cannot start without a secret: ${advice}`);
  }
  const secrets = secret.split(",").map((each) => each.trim());
  checked(() => checkSecrets(secrets, SECRET_VARIABLE));
  return secrets;
}

function checkHost(host: string, from: string): void {
  if (/^[\w.-]+$/.test(host) || /^[\da-f]*:[\da-f]*:[\da-f:.]*$/i.test(host)) {
    return;
  }
  throw new SettingError(
    `Cannot use ${from} ${
      JSON.stringify(host)
    }: write a host name or an address, without scheme, port or brackets`,
  );
}

function isLoopbackHost(host: string): boolean {
  return isLoopback(host.includes(":") ? `[${host}]` : host);
}

/**
 * Runs checks of the library, whose errors say what to change in one line.
 *
 * @throws {SettingError} In place of their TypeError.
 */
export function checked<T>(check: () => T, file?: string): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const where = file === undefined ? "" : ` (in ${file})`;
    throw new SettingError(`${error.message}${where}`, { cause: error });
  }
}
