/**
 * The environment contract of the bridge example, beside that of `environment.ts`:
 *
 * | variable | default | meaning |
 * |---|---|---|
 * | `BRIDGE_ISSUER` | the origin of `MCP_RESOURCE` | the bridge's issuer identifier |
 * | `BRIDGE_SECRETS` | on loopback: made up once, in `.development-secret` | secrets of 32 bytes or more, divided by commas; the first seals |
 * | `BRIDGE_PROVIDER` | a development provider on `AUTH_PORT` | `oidc`, `github` and others: see `PROVIDERS` |
 * | `BRIDGE_PROVIDER_ISSUER` | none | the issuer, for `oidc` and `entra-id` among others |
 * | `BRIDGE_PROVIDER_ORIGIN` | none | loopback: a double that stands in for all of the provider's hosts |
 * | `BRIDGE_CLIENT_ID`, `BRIDGE_CLIENT_SECRET` | none | the application's, whose callback is `<issuer>/callback` |
 * | `BRIDGE_SCOPES` | the provider's own | what is asked of the provider, divided by spaces |
 * | `BRIDGE_CIMD_LOOPBACK` | `0` | `1`: client ID metadata documents may be on loopback, for tests |
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
  okta,
  openIdConnect,
  slack,
  type UpstreamProvider,
} from "@gatehouse/mcp-auth/bridge";
import { EnvironmentError, isLoopback } from "./environment.ts";

/** The settings of the bridge. */
export interface BridgeEnvironment {
  readonly issuer: string;
  /** `undefined`: to be made up. */
  readonly secrets: readonly string[] | undefined;
  /** `undefined`: the development provider. */
  readonly provider: UpstreamProvider | undefined;
  /** The same path at a double for the provider's URLs, and any other URL as it is; `undefined` where there is no double. */
  readonly atDouble: ((url: URL) => URL) | undefined;
  /** Whether client ID metadata documents may be on loopback. */
  readonly documentsOnLoopback: boolean;
}

/** What a provider is made of. */
interface Settings {
  readonly client_id: string;
  readonly client_secret: string | undefined;
  readonly scope: readonly string[] | undefined;
  /** `BRIDGE_PROVIDER_ISSUER`, or its default, or an error where it is missing. */
  issuer(byDefault?: string): string;
}

/** The providers by their names here. */
const PROVIDERS: Readonly<
  Record<string, (settings: Settings) => UpstreamProvider>
> = {
  oidc: ({ issuer, ...application }) =>
    openIdConnect({ ...application, issuer: issuer() }),
  atlassian: ({ issuer: _, ...application }) => atlassian(application),
  discord: ({ issuer: _, ...application }) => discord(application),
  "entra-id": ({ issuer, ...application }) =>
    entraId({ ...application, tenant: issuer() }),
  github: ({ issuer: _, ...application }) => gitHub(application),
  gitlab: ({ issuer, ...application }) =>
    gitLab({ ...application, issuer: issuer("https://gitlab.com") }),
  google: ({ issuer: _, ...application }) => google(application),
  okta: ({ issuer, ...application }) =>
    okta({ ...application, issuer: issuer() }),
  slack: ({ issuer: _, ...application }) => slack(application),
};

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables.
 *
 * @throws {EnvironmentError} At the first bad value.
 */
export function readBridgeEnvironment(
  env: Variables,
  resource: string,
): BridgeEnvironment {
  const issuer = env.BRIDGE_ISSUER ?? new URL(resource).origin;
  if (
    !/^https?:\/\/[^?#@\\]+[^/?#@\\]$/.test(issuer) || !URL.canParse(issuer) ||
    issuer.startsWith("http:") && !isLoopback(issuer)
  ) {
    refuse(
      "BRIDGE_ISSUER",
      "use an https URL without query and without a slash at its end (http is for loopback hosts alone)",
    );
  }
  const isLocal = isLoopback(issuer);
  const secrets = env.BRIDGE_SECRETS?.split(",").map((one) => one.trim());
  if (secrets === undefined && !isLocal) {
    refuse(
      "BRIDGE_SECRETS",
      `set it, since ${issuer} is not on loopback: openssl rand -base64 32`,
    );
  }
  if (secrets?.some((one) => new TextEncoder().encode(one).length < 32)) {
    refuse(
      "BRIDGE_SECRETS",
      "each needs 32 random bytes or more: openssl rand -base64 32",
    );
  }
  const cimd = env.BRIDGE_CIMD_LOOPBACK ?? "";
  if (
    !["", "0", "1"].includes(cimd) ||
    cimd === "1" && !(isLocal && issuer.startsWith("http:"))
  ) {
    refuse(
      "BRIDGE_CIMD_LOOPBACK",
      `unset it: 1 is for tests, with an issuer that is http on loopback`,
    );
  }
  return {
    issuer,
    secrets,
    provider: readProvider(env),
    atDouble: readDouble(env),
    documentsOnLoopback: cimd === "1",
  };
}

function readProvider(env: Variables): UpstreamProvider | undefined {
  const { BRIDGE_PROVIDER: name, BRIDGE_CLIENT_ID: client_id } = env;
  if (name === undefined) return undefined;
  const make = Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined;
  if (make === undefined) {
    refuse(
      "BRIDGE_PROVIDER",
      `use one of ${Object.keys(PROVIDERS).join(", ")}`,
    );
  }
  if (!client_id) {
    refuse("BRIDGE_CLIENT_ID", "set it to the application's client ID");
  }
  try {
    return make({
      client_id,
      client_secret: env.BRIDGE_CLIENT_SECRET || undefined,
      scope: env.BRIDGE_SCOPES?.split(" ").filter(Boolean),
      issuer: (byDefault) =>
        env.BRIDGE_PROVIDER_ISSUER ?? byDefault ??
          refuse("BRIDGE_PROVIDER_ISSUER", "set it to the provider's issuer"),
    });
  } catch (error) {
    if (error instanceof EnvironmentError) throw error;
    refuse(
      error instanceof Error && error.message.includes("client_secret")
        ? "BRIDGE_CLIENT_SECRET"
        : "BRIDGE_PROVIDER_ISSUER",
      (error as Error).message,
    );
  }
}

const PROVIDER_HOSTS =
  /(?:^|\.)(?:atlassian|discord|github|gitlab|google|googleapis|microsoft|microsoftonline|okta|slack)\.com$/;

function readDouble(
  { BRIDGE_PROVIDER_ORIGIN: origin, BRIDGE_PROVIDER_ISSUER: issuer }: Variables,
): BridgeEnvironment["atDouble"] {
  if (origin === undefined) return undefined;
  if (!isLoopback(origin) || new URL(origin).origin !== origin) {
    refuse(
      "BRIDGE_PROVIDER_ORIGIN",
      "use an origin on loopback, such as http://localhost:9000",
    );
  }
  const host = URL.parse(issuer ?? "")?.host;
  return (url) =>
    !isLoopback(url.href) &&
      (url.host === host || PROVIDER_HOSTS.test(url.hostname))
      ? new URL(`${url.pathname}${url.search}`, origin)
      : url;
}

/** It may be a secret: the message does not repeat it. */
function refuse(name: string, change: string): never {
  throw new EnvironmentError(`Cannot use ${name}: ${change}`);
}
