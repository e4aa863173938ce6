/**
 * The bridge in the gateway's process: clients sign in by a provider with which they cannot register.
 *
 * @module
 */

import {
  atlassian,
  discord,
  entraId,
  gitHub,
  gitLab,
  google,
  type OAuthBridge,
  oauthBridge,
  okta,
  openIdConnect,
  slack,
  type UpstreamProvider,
} from "../../bridge/mod.ts";
import type { ScopePolicy } from "../../scopes/policy.ts";
import type { Handler } from "../../types.ts";
import { checkSecrets } from "../secrets.ts";
import {
  type BridgeSettings,
  checked,
  type GatewaySettings,
} from "./settings.ts";
import { SettingError } from "./sources.ts";

/** The application's secret, which has no flag. */
const CLIENT_SECRET_VARIABLE = "BRIDGE_CLIENT_SECRET";
/** Secrets of the bridge's own. */
const SECRETS_VARIABLE = "BRIDGE_SECRETS";

/** Only the bridge's example reads these, for tests. Ignored, they would look as if they had an effect. */
const EXAMPLE_VARIABLES = ["BRIDGE_CIMD_LOOPBACK", "BRIDGE_PROVIDER_ORIGIN"];

/** What a provider is made of. */
interface Application {
  readonly client_id: string;
  readonly client_secret?: string | undefined;
  readonly scope?: readonly string[] | undefined;
}

/** The providers by their names; `issuer` is called where one has to be configured. */
const PROVIDERS: Readonly<
  Record<
    string,
    (
      application: Application,
      issuer: (byDefault?: string) => string,
    ) => UpstreamProvider
  >
> = {
  oidc: (application, issuer) =>
    openIdConnect({ ...application, issuer: issuer() }),
  atlassian,
  discord,
  "entra-id": (application, issuer) =>
    entraId({ ...application, tenant: issuer() }),
  github: gitHub,
  gitlab: (application, issuer) =>
    gitLab({ ...application, issuer: issuer("https://gitlab.com") }),
  google,
  okta: (application, issuer) => okta({ ...application, issuer: issuer() }),
  slack,
};

/**
 * Makes the bridge. What is not at one of its paths goes to `otherwise`.
 *
 * @throws {SettingError} If a setting cannot be used.
 */
export function bridgeOf(
  settings: BridgeSettings,
  { servers, secrets }: GatewaySettings,
  env: Readonly<Record<string, string | undefined>>,
  otherwise: Handler,
  onProblem: (problem: Error) => void,
): OAuthBridge {
  for (const name of EXAMPLE_VARIABLES.filter((name) => env[name])) {
    throw new SettingError(
      `Cannot use ${name}: only examples/bridge.ts reads it, for tests`,
    );
  }
  const own = env[SECRETS_VARIABLE]?.split(",").map((each) => each.trim());
  if (own !== undefined) checked(() => checkSecrets(own, SECRETS_VARIABLE));
  const upstream = providerOf(settings, env[CLIENT_SECRET_VARIABLE]);
  return checked(() =>
    oauthBridge({
      issuer: settings.issuer,
      resources: servers.map(({ guard }) => guard.metadata.resource),
      secrets: own ?? secrets,
      upstream,
      scopes_supported: [
        ...new Set(servers.flatMap(({ guard: { metadata, scopes } }) => [
          ...metadata.scopes_supported ?? [],
          ...scopesIn(scopes),
        ])),
      ],
      // The server never calls the provider: its token need not travel.
      upstreamTokens: null,
      // A server that verifies no proofs rejects bound tokens.
      ...(!servers.every(({ dpop }) => dpop !== undefined) && { dpop: null }),
      onProblem,
      otherwise,
    })
  );
}

function providerOf(
  { provider, providerIssuer, clientId, scope }: BridgeSettings,
  client_secret: string | undefined,
): UpstreamProvider {
  const make = Object.hasOwn(PROVIDERS, provider)
    ? PROVIDERS[provider]
    : undefined;
  if (make === undefined) {
    throw new SettingError(
      `Cannot use BRIDGE_PROVIDER ${JSON.stringify(provider)}: use ${
        Object.keys(PROVIDERS).join(", ")
      }`,
    );
  }
  const application = {
    client_id: clientId,
    ...(client_secret && { client_secret }),
    ...(scope !== undefined && { scope }),
  };
  const issuerOf = (byDefault?: string): string => {
    const issuer = providerIssuer ?? byDefault;
    if (issuer !== undefined) return issuer;
    throw new SettingError(
      `Cannot use ${provider} without its issuer: set BRIDGE_PROVIDER_ISSUER, or --provider-issuer`,
    );
  };
  try {
    return make(application, issuerOf);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const variable = error.message.includes("client_secret")
      ? CLIENT_SECRET_VARIABLE
      : "BRIDGE_PROVIDER_ISSUER";
    throw new SettingError(`Cannot use ${variable}: ${error.message}`);
  }
}

/** All scopes that a policy of a file names. */
function scopesIn(policy: ScopePolicy = {}): readonly string[] {
  const { initial, required, operations, implies } = policy;
  return strings([initial, required, operations, implies])
    .concat(Object.keys(implies ?? {}));
}

function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return value !== null && typeof value === "object"
    ? Object.values(value).flatMap(strings)
    : [];
}
