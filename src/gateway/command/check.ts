/**
 * What `--check` does: it says what the gateway would do, and asks the upstreams and the issuers.
 *
 * @module
 */

import { fetchJson } from "../../issuers/fetch_json.ts";
import { authorizationServerMetadata } from "../../issuers/metadata.ts";
import { resolvePlatform } from "../../runtime/platform.ts";
import { askUpstream } from "./readiness.ts";
import type { GatewaySettings, ServerSettings } from "./settings.ts";

/** A line of the report, and whether what it says is good. */
interface Finding {
  readonly ok: boolean;
  readonly text: string;
}

/** Reports, line by line. Resolves to whether all is well. */
export async function check(
  { host, port, isSecretMadeUp, servers, bridge }: GatewaySettings,
  write: (line: string) => void,
): Promise<boolean> {
  write(`Would listen on http://${nameOf(host)}:${port}`);
  if (isSecretMadeUp) {
    write("Would make up a secret: sessions end when the gateway does");
  }
  if (bridge !== undefined) {
    write(`Would issue the tokens itself, after sign-in by ${bridge.provider}`);
  }
  const findings: Finding[] = [];
  for (const server of servers) {
    const { upstream, guard: { metadata, scopes, path } } = server;
    write(`${metadata.resource} is answered by ${upstream}`);
    if (path !== undefined) write(`  mounted at ${path}`);
    write(`  tokens of ${metadata.authorization_servers.join(", ")}`);
    write(
      `  scopes: ${scopes === undefined ? "none needed" : describe(scopes)}`,
    );
    if (server.dpop !== undefined) {
      const { mode, needsNonce } = server.dpop;
      write(`  bound tokens: ${mode}${needsNonce ? ", with nonces" : ""}`);
    }
    for (const finding of await findingsOf(server, bridge === undefined)) {
      findings.push(finding);
      write(`  ${finding.ok ? "ok" : "FAILED"}: ${finding.text}`);
    }
  }
  return findings.every(({ ok }) => ok);
}

async function findingsOf(
  { upstream, guard: { metadata } }: ServerSettings,
  hasIssuers: boolean,
): Promise<readonly Finding[]> {
  const answered = await askUpstream(upstream);
  return [
    typeof answered === "number"
      ? { ok: true, text: `the MCP server answers (${answered})` }
      : { ok: false, text: `the MCP server does not answer: ${answered}` },
    ...hasIssuers
      ? await Promise.all(metadata.authorization_servers.map(askIssuer))
      : [],
  ];
}

async function askIssuer(issuer: string): Promise<Finding> {
  const platform = resolvePlatform();
  try {
    const { jwks_uri } = await authorizationServerMetadata(issuer, platform)
      .get();
    if (typeof jwks_uri !== "string") {
      return { ok: false, text: `${issuer} names no jwks_uri in its metadata` };
    }
    const { keys } = await fetchJson(jwks_uri, platform);
    const count = Array.isArray(keys) ? keys.length : 0;
    return { ok: count > 0, text: `${issuer} publishes ${count} keys` };
  } catch (error) {
    return { ok: false, text: (error as Error).message };
  }
}

function describe(
  { operations = {}, lists = [] }: NonNullable<
    ServerSettings["guard"]["scopes"]
  >,
): string {
  const methods = Object.keys(operations);
  return [
    methods.length === 0
      ? "for all requests alike"
      : `for ${methods.join(", ")}`,
    ...(lists.length === 0 ? [] : [`${lists.join(", ")} shortened`]),
  ].join("; ");
}

/** A host as it stands in a URL. */
export function nameOf(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
