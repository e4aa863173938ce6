/**
 * FOR DEVELOPMENT ONLY: an authorization server that believes every user name, made of oidc-provider. It runs
 * on Bun, Deno and Node, listens on loopback alone, and keeps everything in memory but registrations.
 *
 * It knows no passwords, and every client may register: never let it guard anything real.
 *
 * @module
 */

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import process from "node:process";
import { checkIdentifier } from "../runtime/identifiers.ts";
import { checkOptions } from "../runtime/option_checks.ts";
import { configuration } from "./configuration.ts";
import { home } from "./home.ts";
import { Provider } from "./oidc_provider.ts";
import { type DevIssuer, type DevIssuerOptions, SHAPE } from "./options.ts";
import { compareHashes } from "./registrations.ts";
import { completeRequest, registrationCors } from "./requests.ts";
import { isOnLoopback } from "./resources.ts";
import { type Context, signIn } from "./sign_in.ts";

/** Starts the server. */
export async function start(
  options: DevIssuerOptions,
): Promise<DevIssuer> {
  checkOptions(options, "", SHAPE);
  const { port, resource, autoApprove = false, path = "" } = options;
  SHAPE.members.port(port, "port");
  if (resource !== undefined) checkIdentifier(resource, "resource");
  if (autoApprove && resource !== undefined && !isOnLoopback(resource)) {
    throw new TypeError(
      `Cannot approve by itself for ${resource}: use a resource on loopback`,
    );
  }
  const issuer = `http://localhost:${port}${path}`;
  const provider = new Provider(issuer, await configuration(options));
  compareHashes(provider.Client);
  // Koa would print the stack of every broken connection too.
  provider.silent = true;
  provider.on("server_error", (_ctx: Context, error: Error) => {
    process.stderr.write(`Authorization server: ${error.message}\n`);
  });
  provider.use(registrationCors);
  provider.use(completeRequest(options));
  provider.use(signIn(options));
  provider.use(home(issuer, options));
  const handle: Listener = provider.callback();

  const servers = await listen(port, (request, response) => {
    // A page that made its own name point here (DNS rebinding) must not see where a redirect goes.
    const host = request.headers.host ?? "";
    if (!LOOPBACK_HOSTS.some((name) => host === `${name}:${port}`)) {
      response.writeHead(421).end();
    } else if (isTooLong(request)) {
      response.writeHead(413, { connection: "close" }).end();
    } else if (!mount(request, path)) {
      response.writeHead(404).end();
    } else {
      // oidc-provider makes its URLs of this field: they shall be the issuer's.
      request.headers.host = `localhost:${port}`;
      handle(request, response);
    }
  });
  return { issuer, close: () => close(servers) };
}

/** What clients send is short, and oidc-provider parses all URLs in it: some runtimes take quadratic time for long ones. */
const MAX_LENGTH = 8192;

function isTooLong({ url = "", headers }: IncomingMessage): boolean {
  return url.length > MAX_LENGTH ||
    Number(headers["content-length"] ?? 0) > MAX_LENGTH ||
    headers["transfer-encoding"] !== undefined;
}

const LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"];
type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Takes the issuer's path off a request's URL; where it was is kept for oidc-provider. False: not ours. */
function mount(request: IncomingMessage, path: string): boolean {
  const url = request.url ?? "/";
  // RFC 8414 §3.1 puts the path last.
  const document = /^\/\.well-known\/[^/?]+(?=\/)/.exec(url)?.[0];
  const inner = document !== undefined && url === document + path
    ? document
    : url.startsWith(`${path}/`)
    ? url.slice(path.length)
    : undefined;
  if (inner === undefined) return false;
  Object.assign(request, { originalUrl: path + inner, url: inner });
  return true;
}

/** `localhost` is 127.0.0.1 for some clients and ::1 for others. */
async function listen(port: number, listener: Listener): Promise<Server[]> {
  const servers: Server[] = [];
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer(listener);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(port, host, resolve);
      });
      servers.push(server);
    } catch (error) {
      const { code } = error as { code?: string };
      // A machine without IPv6.
      if (host === "::1" && code !== "EADDRINUSE") continue;
      await close(servers);
      throw Object.assign(error as Error, { port });
    }
  }
  return servers;
}

async function close(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    })
  ));
}
