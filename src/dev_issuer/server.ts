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
import {
  basePolicy,
  createMemoryAdapter,
  InvalidClientMetadata,
  InvalidGrant,
  InvalidTarget,
  Provider,
} from "./oidc_provider.ts";
import process from "node:process";
import {
  consent,
  type Context,
  errorPage,
  type Middleware,
  requestedScopes,
  sendPage,
  signIn,
  type Untyped,
} from "./sign_in.ts";
import {
  compareHashes,
  registrations,
  withHashedSecret,
} from "./registrations.ts";
import { isLoopback, parseUrl } from "../runtime/identifiers.ts";
import { publicFetch } from "./public_fetch.ts";

/** What the server is started with. */
export interface DevIssuerOptions {
  /** Where it listens, on 127.0.0.1 and on ::1. */
  readonly port: number;
  /**
   * The one protected resource that tokens are for, also if a client names none. Default: every resource on loopback,
   * which the client must name ({@link https://www.rfc-editor.org/rfc/rfc8707 | RFC 8707}).
   */
  readonly resource?: string;
  /** The resource's scopes. A client that asks for none gets the first. Default: every scope that a client asks for. */
  readonly scopes?: readonly string[];
  /**
   * Signs in the user `developer` and consents to everything: the authorization endpoint sends the client's code
   * at once, with no page and no cookie. Clients may then have redirect URIs on loopback alone. Default: false.
   */
  readonly autoApprove?: boolean;
  /** The issuer's path, such as `/tenant1`. Default: none. */
  readonly path?: string;
  /**
   * The one application that it knows, as a company's identity provider would: then no client can register, in whatever
   * way, and it tells who a user is and nothing else. Default: every client may register.
   */
  readonly application?: Application;
  /** Binds tokens to the key of a client that proves it by DPoP (RFC 9449). Default: all tokens are bearer tokens. */
  readonly dpop?: true | undefined;
  /**
   * Fetches client ID metadata documents, by https from the internet alone. `null`: the server knows no such documents,
   * and its metadata does not offer them. Default: the runtime's `fetch`.
   */
  readonly fetch?:
    | ((url: string, init?: RequestInit) => Promise<Response>)
    | null;
}

/** An application that was registered by hand. */
export interface Application {
  /** Its client identifier. */
  readonly client_id: string;
  /** Its client secret. */
  readonly client_secret: string;
  /** Its only redirect URI. */
  readonly callback: string;
}

/** A server that has started. */
export interface DevIssuer {
  /** `http://localhost:<port>` and the path. */
  readonly issuer: string;
  /** Stops listening, and forgets all logins and keys. Registrations are still accepted after a restart. */
  close(): Promise<void>;
}

/** Starts the server. */
export async function start(
  options: DevIssuerOptions,
): Promise<DevIssuer> {
  const { port, resource, autoApprove = false, path = "" } = options;
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
const ROUTES = {
  authorization: "/authorize",
  jwks: "/jwks",
  registration: "/register",
  token: "/token",
  userinfo: "/userinfo",
};
const DAY_SECONDS = 86400;

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

async function configuration(
  {
    resource,
    scopes,
    autoApprove = false,
    path = "",
    application,
    dpop,
    fetch: fetchDocument,
  }: DevIssuerOptions,
): Promise<unknown> {
  const policy = basePolicy();
  const registered = registrations();
  if (autoApprove) { for (const { checks } of policy) checks.clear(); }
  return {
    adapter: onceOnly(
      application === undefined
        ? registered.adapter(createMemoryAdapter())
        : createMemoryAdapter(),
    ),
    clientAuthMethods: [
      "none",
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
    ],
    clientBasedCORS: () => true,
    ...(application && {
      clients: [{
        client_id: application.client_id,
        client_secret: withHashedSecret(application).client_secret,
        redirect_uris: [application.callback],
        grant_types: ["authorization_code", "refresh_token"],
      }],
    }),
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    cookies: {
      // All servers on localhost share one cookie jar, whatever their ports.
      names: {
        session: "gatehouse_session",
        interaction: "gatehouse_interaction",
        resume: "gatehouse_resume",
      },
    },
    expiresWithSession: () => false,
    // Any name will do: the validator sees the whole of every client, however it came to be known.
    extraClientMetadata: {
      properties: ["software_id"],
      validator: (
        _ctx: unknown,
        _name: string,
        _value: unknown,
        client: Untyped,
      ): void => normalizeClient(client, autoApprove),
    },
    // The last hook before an account is looked for; it runs whether the parameter is there or not.
    extraParams: autoApprove
      ? {
        auto_approve: ({ oidc }: Context): void =>
          oidc.session.loginAccount({ accountId: "developer" }),
      }
      : {},
    features: {
      clientIdMetadataDocument: {
        enabled: application === undefined && fetchDocument !== null,
        ack: "draft-02",
      },
      devInteractions: { enabled: false },
      dPoP: { enabled: dpop === true },
      pushedAuthorizationRequests: { enabled: false },
      registration: {
        enabled: application === undefined,
        idFactory: registered.idFactory,
        issueRegistrationAccessToken: false,
        secretFactory: registered.secretFactory,
      },
      resourceIndicators: {
        enabled: application === undefined,
        defaultResource: () => resource ?? refuseResource(NO_RESOURCE),
        useGrantedResource: () => true,
        getResourceServerInfo: ({ oidc }: Context, indicator: string) => ({
          audience: audienceOf(indicator, resource),
          scope: (scopes ?? scopesIn(oidc)).join(" "),
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
      },
      rpInitiatedLogout: { enabled: false },
    },
    // A page can put any URL into client_id, and a client into jwks_uri.
    fetch: publicFetch(fetchDocument ?? undefined),
    findAccount: (_ctx: unknown, sub: string): unknown => ({
      accountId: sub,
      claims: () => ({ sub }),
    }),
    interactions: {
      policy,
      url: (_ctx: unknown, { uid }: { uid: string }): string =>
        `${path}/interaction/${uid}`,
    },
    // MCP clients seldom ask for offline_access, and would have to send the user here every hour.
    issueRefreshToken: (_ctx: unknown, client: Untyped): boolean =>
      client.grantTypeAllowed("refresh_token"),
    jwks: { keys: [await signingKey()] },
    // No earlier consent counts: each authorization is shown, with all that it asks for.
    loadExistingGrant: ({ oidc }: Context): unknown =>
      autoApprove
        ? consent(
          oidc.provider,
          "developer",
          oidc.params,
          requestedScopes(oidc.params, scopes),
        )
        : oidc.result?.consent &&
          oidc.provider.Grant.find(oidc.result.consent.grantId),
    pkce: { required: () => true },
    renderError: (ctx: Context, out: Record<string, string>): void =>
      sendPage(
        ctx,
        ctx.status,
        errorPage(`${out.error}: ${out.error_description}`),
      ),
    responseTypes: ["code"],
    rotateRefreshToken: true,
    routes: ROUTES,
    scopes: ["openid", "offline_access", ...scopes ?? []],
    ttl: {
      AccessToken: 3600,
      Grant: 14 * DAY_SECONDS,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 14 * DAY_SECONDS,
      Session: DAY_SECONDS,
    },
  };
}

const NO_RESOURCE = "the client names no resource: it must send `resource`, " +
  "or the issuer must be started for one resource";

/** The audience of a token for a resource. */
function audienceOf(indicator: string, resource: string | undefined): string {
  if (resource === undefined) {
    return isOnLoopback(indicator)
      ? indicator
      : refuseResource(`this issuer is for resources on this machine`);
  }
  // As URLs: an origin with and without its slash are the same.
  return parseUrl(indicator)?.href === new URL(resource).href
    ? resource
    : refuseResource(`this issuer is only for ${resource}`);
}

function refuseResource(description: string): never {
  throw new InvalidTarget(description);
}

/** The scopes of a request for a code, and those of the code or the refresh token in a request for tokens. */
function scopesIn({ params, entities }: Untyped): string[] {
  const { AuthorizationCode, RefreshToken } = entities;
  return [params.scope, AuthorizationCode?.scope, RefreshToken?.scope]
    .flatMap((scope) => scope?.split(" ") ?? []);
}

/** oidc-provider looks whether a code was used, and marks it later: ten requests at once would all find it unused. */
function onceOnly(create: Untyped): Untyped {
  return (model: string) => {
    const adapter = create(model);
    const consume = adapter.consume.bind(adapter);
    adapter.consume = async (id: string): Promise<void> => {
      if (adapter.storage.get(adapter.key(id))?.consumed !== undefined) {
        throw new InvalidGrant("it was used before");
      }
      await consume(id);
    };
    return adapter;
  };
}

async function signingKey(): Promise<JsonWebKey> {
  const { privateKey } = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey(
    "jwk",
    privateKey,
  );
  // Without key_ops: the private key's would be published with the public key.
  return { kty, crv, x, y, d } as JsonWebKey;
}

/** Whether an http or https URL has a host that can only be this machine. An app's own scheme has no hosts. */
function isOnLoopback(value: string): boolean {
  const { protocol = "", hostname = "" } = parseUrl(value) ?? {};
  return /^https?:$/.test(protocol) && isLoopback(hostname);
}

/** Replaces what a client asks to be with what this server supports (RFC 7591 §2). */
function normalizeClient(client: Untyped, autoApprove: boolean): void {
  const { redirect_uris: uris, grant_types: grants } = client;
  if (!Array.isArray(uris)) return;
  if (autoApprove && !uris.every((uri) => isOnLoopback(String(uri)))) {
    throw new InvalidClientMetadata(
      "redirect_uris must be on loopback while the server approves by itself",
    );
  }
  // Of a native client http may have any loopback port (RFC 8252 §7.3), and nothing else; most do not say what they are.
  client.application_type = uris.every((uri) => /^https:/i.test(uri))
    ? "web"
    : "native";
  if (Array.isArray(grants)) {
    client.grant_types = grants.filter((grant) =>
      grant === "authorization_code" || grant === "refresh_token"
    );
  }
  // It would be the most that the client can ever ask for, and no step-up could pass it.
  delete client.scope;
}

/** A browser's clients register from their own origin; oidc-provider opens its other endpoints itself. */
const registrationCors: Middleware = async (ctx, next) => {
  if (ctx.path !== ROUTES.registration) return await next();
  ctx.set({ "access-control-allow-origin": "*" });
  if (ctx.method !== "OPTIONS") return await next();
  ctx.set({
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": String(
      ctx.req.headers["access-control-request-headers"] ?? "content-type",
    ),
  });
  ctx.status = 204;
};

/**
 * Completes an authorization request. One for no scope, or only for unknown scopes, gets the default (RFC 6749 §3.3).
 * oidc-provider grants `offline_access` only with `prompt=consent`, and refuses a refresh that names a scope that was
 * not granted. Codex requests `offline_access` without that prompt, and names it again when it refreshes; this server
 * always asks for consent.
 */
function completeRequest({ scopes }: DevIssuerOptions): Middleware {
  return async (ctx, next) => {
    if (ctx.path === ROUTES.authorization) {
      const known = requestedScopes(ctx.query, scopes);
      const changes = {
        ...(known.length === 0 && { scope: scopes?.[0] ?? "openid" }),
        ...(known.includes("offline_access") && !ctx.query.prompt &&
          { prompt: "consent" }),
      };
      if (Object.keys(changes).length > 0) {
        ctx.query = { ...ctx.query, ...changes };
      }
    }
    await next();
  };
}

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
