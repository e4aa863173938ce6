/**
 * The gateway as a command.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { notFound } from "../../discovery/well_known.ts";
import { dpop } from "../../dpop/mod.ts";
import { protectResource } from "../../protect_resource.ts";
import { protectResources } from "../../protect_resources.ts";
import type { Handler } from "../../types.ts";
import { forwardTo } from "../forward.ts";
import { check, nameOf } from "./check.ts";
import { listen } from "./listen.ts";
import { type Log, logOf } from "./log.ts";
import { withAssertionKeys, withHealth } from "./pages.ts";
import { readiness } from "./readiness.ts";
import { checked, type GatewaySettings, resolveSettings } from "./settings.ts";
import { readSources, SECRET_VARIABLE, SettingError } from "./sources.ts";
import { usage } from "./usage.ts";

/**
 * Runs the command, and ends the process: with 0, or with 1 and one line if a setting cannot be used or `--check` finds
 * that something is missing.
 */
export async function runGateway(
  args: readonly string[] = process.argv.slice(2),
): Promise<never> {
  try {
    process.exit(await run(args));
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

async function run(args: readonly string[]): Promise<number> {
  const { stdout, stderr, env } = process;
  const write = (line: string): void => void stdout.write(`${line}\n`);
  const sources = readSources(
    args,
    env,
    (path) => readFileSync(path, "utf8"),
  );
  if (sources.mode === "help") {
    write(usage());
    return 0;
  }
  const settings = resolveSettings(sources, env[SECRET_VARIABLE]);
  const { host, port, log: format, servers } = settings;
  const log = logOf(format, write);
  const handler = await gatewayOf(settings, log, sources.file);
  if (sources.mode === "check") return await check(settings, write) ? 0 : 1;
  if (settings.isSecretMadeUp) {
    stderr.write(
      `${SECRET_VARIABLE} is not set: a secret was made up, and sessions end when this process does\n`,
    );
  }
  await listen(handler, {
    host,
    port,
    onError: log.failure,
    onListen: () => {
      for (const { upstream, guard: { metadata: { resource } } } of servers) {
        stderr.write(
          `Listening on http://${
            nameOf(host)
          }:${port} for ${resource}, which ${upstream} answers\n`,
        );
      }
    },
  });
  return 0;
}

/** The guard in front of each server, the bridge if there is one, and what the gateway answers itself. */
async function gatewayOf(
  settings: GatewaySettings,
  { decision, fault, failure }: Log,
  file: string | undefined,
): Promise<Handler> {
  const { secrets, servers } = settings;
  const bridge = settings.bridge &&
    (await import("./bridge.ts")).bridgeOf(
      settings.bridge,
      settings,
      process.env,
      (request, requestContext) => resources(request, requestContext),
      failure,
    );
  const otherwise = withAssertionKeys(secrets, notFound);
  const guarded = servers.map(({ upstream, forward, guard, dpop: proofs }) =>
    [
      forwardTo(upstream, {
        ...forward,
        secrets,
        onError: (error) => fault(upstream, error),
      }),
      {
        ...guard,
        ...(bridge !== undefined && {
          verifyAccessToken: bridge.verifyAccessToken,
          mirror: null,
        }),
        ...(proofs !== undefined && {
          dpop: dpop({
            mode: proofs.mode,
            ...(proofs.needsNonce && { nonce: { secrets } }),
          }),
        }),
        onDecision: decision,
      },
    ] as const
  );
  const [[handler, options] = []] = guarded;
  const resources: Handler = checked(
    () =>
      guarded.length === 1
        ? protectResource(handler!, { ...options!, otherwise })
        : protectResources(guarded, { otherwise }),
    file,
  );
  return withHealth(
    bridge?.fetch ?? resources,
    readiness(servers.map(({ upstream }) => upstream)),
  );
}
