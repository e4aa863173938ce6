/**
 * The contract: what every example answers to HTTP, whatever its runtime. The expectations are the same on each;
 * what differs is how the example is started.
 *
 * @module
 */
import { cors } from "./contract/cors.ts";
import { credentials } from "./contract/credentials.ts";
import { discovery } from "./contract/discovery.ts";
import {
  type Answer,
  type Expectation,
  PLATFORM,
  type Platform,
  type Server,
} from "./contract/expectation.ts";
import { type Issuer, startIssuer } from "./contract/issuer.ts";
import { logs } from "./contract/logs.ts";
import { mirror } from "./contract/mirror.ts";
import { chronicle, outages } from "./contract/outages.ts";
import { paths } from "./contract/paths.ts";
import { rotation, watchRotation } from "./contract/rotation.ts";
import { scopes } from "./contract/scopes.ts";
import { streaming } from "./contract/streaming.ts";
import { tokens } from "./contract/tokens.ts";
import { exchange } from "./contract/wire.ts";

/** An example that answers. */
export interface Running {
  /** Its resource identifier: `http://localhost:<port>/mcp`. */
  readonly resource: string;
  /** Resolves to all that it printed, as soon as that matches. */
  printed(pattern: RegExp): Promise<string>;
  stop(): Promise<void>;
}

/** Starts an example with these variables (examples/environment.ts), and waits until it answers. */
export type Start = (
  variables: Readonly<Record<string, string>>,
) => Promise<Running>;

/** All that is expected. What has to wait for something comes last. */
export const expectations: readonly Expectation[] = [
  ...discovery,
  ...mirror,
  ...cors,
  ...credentials,
  ...tokens,
  ...scopes,
  ...paths,
  ...streaming,
  ...outages,
  ...rotation,
  ...logs,
];

/** As long as one request may take, where every answer should be there at once. */
const REQUEST_TIMEOUT_MILLISECONDS = 20_000;

/** The contract with one example. */
export interface Contract {
  /** One for each expectation, to be run one after the other. The example starts with the first. */
  readonly tests: readonly {
    readonly name: string;
    readonly run: () => Promise<void>;
  }[];
  /** Stops whatever was started. */
  stop(): Promise<void>;
}

/**
 * Prepares the contract with one example. A test file registers the tests by itself, since runners take a test to be
 * where `test()` is called.
 */
export function contractWith(
  start: Start,
  differences: Partial<Platform> = {},
): Contract {
  const running: Promise<Running>[] = [];
  const issuers: Issuer[] = [];
  let isOver = false;
  let server: Promise<Server> | undefined;

  async function serve(issuer: Issuer): Promise<Server> {
    issuers.push(issuer);
    if (isOver) throw new Error("Cannot start an example: the tests are over");
    const example = start({ MCP_AUTHORIZATION_SERVERS: issuer.identifier });
    running.push(example);
    return serverOf(await example, issuer);
  }

  function serverOf(example: Running, issuer: Issuer): Server {
    const { resource } = example;
    const { origin, port } = new URL(resource);
    return {
      resource,
      origin,
      issuer,
      platform: { ...PLATFORM, ...differences },
      fetch: (target, init) => read(new URL(target, origin).href, init),
      raw: (...bytes) => exchange(Number(port), bytes),
      token: (scope, options = {}) =>
        issuer.token(resource, {
          ...options,
          claims: {
            scope: scope === "" ? undefined : scope,
            ...options.claims,
          },
        }),
      printed: () => example.printed(/^/),
      startAnother: serve,
    };
  }

  async function begin(): Promise<Server> {
    const first = await serve(
      await startIssuer({
        document: "oauth-authorization-server",
        algorithms: ["RS256", "PS256", "ES256", "ES384", "EdDSA"],
      }),
    );
    // These take long, mostly by waiting: they go on while the rest is looked at.
    chronicle(first);
    watchRotation(first);
    return first;
  }

  return {
    tests: expectations.map(({ name, check }) => ({
      name,
      run: async () => check(await (server ??= begin())),
    })),
    async stop(): Promise<void> {
      isOver = true;
      for (const example of await Promise.allSettled(running)) {
        if (example.status === "fulfilled") await example.value.stop();
      }
      await Promise.all(issuers.map((issuer) => issuer.turnOff()));
    },
  };
}

async function read(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, {
    redirect: "manual",
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MILLISECONDS),
    ...init,
  });
  const { status, headers } = response;
  return { status, headers, body: await response.text() };
}
