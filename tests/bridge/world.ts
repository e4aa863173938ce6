/**
 * A bridge in front of a provider in memory, a browser with a cookie jar, and a client.
 *
 * @module
 */

import {
  type OAuthBridge,
  oauthBridge,
  type OAuthBridgeOptions,
  openIdConnect,
} from "../../src/bridge/mod.ts";
import {
  CLIENT_ID,
  CLIENT_SECRET,
  PROVIDER,
  type ProviderDouble,
  providerDouble,
  s256,
} from "./double.ts";

export const ISSUER = "https://notes.example";
export const RESOURCE = "https://notes.example/mcp";
export const SECRET = "0123456789abcdef0123456789abcdef";
export const REDIRECT_URI = "https://client.example/callback";
export const VERIFIER: string = "v".repeat(64);
export const CHALLENGE: string = await s256(VERIFIER);

/** Everything that a test needs. */
export interface World {
  readonly options: OAuthBridgeOptions;
  readonly bridge: OAuthBridge;
  readonly provider: ProviderDouble;
  readonly problems: Error[];
  /** Moves the clock on. */
  pass(seconds: number): void;
  now(): number;
  /** Another instance, with other options where they are given. */
  instance(options?: Partial<OAuthBridgeOptions>): OAuthBridge;
}

/** Makes a world. */
export function world(options: Partial<OAuthBridgeOptions> = {}): World {
  let time = 1_800_000_000_000;
  const now = (): number => time;
  const provider = providerDouble(now);
  const problems: Error[] = [];
  const all: OAuthBridgeOptions = {
    issuer: ISSUER,
    resources: [RESOURCE],
    secrets: [SECRET],
    upstream: openIdConnect({
      issuer: PROVIDER,
      name: "Example ID",
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
    }),
    scopes_supported: ["notes:read", "notes:write"],
    platform: { fetch: provider.fetch, now },
    resolveHost: () => Promise.resolve(["93.184.216.34"]),
    onProblem: (problem) => void problems.push(problem),
    ...options,
  };
  return {
    options: all,
    bridge: oauthBridge(all),
    provider,
    problems,
    pass: (seconds) => void (time += seconds * 1000),
    now,
    instance: (others = {}) => oauthBridge({ ...all, ...others }),
  };
}

/** Sends a request to a bridge, as a server would pass it on. */
export async function send(
  bridge: OAuthBridge,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const url = path.startsWith("http") ? path : bridge.issuer + path;
  return await bridge.fetch(new Request(url, init));
}

/** A browser. It keeps cookies, and follows no redirect by itself. */
export interface Browser {
  readonly cookies: Map<string, string>;
  get(bridge: OAuthBridge, path: string): Promise<Response>;
  post(
    bridge: OAuthBridge,
    path: string,
    form: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<Response>;
}

/** Makes a browser without cookies. */
export function browser(): Browser {
  const cookies = new Map<string, string>();
  async function visit(
    bridge: OAuthBridge,
    path: string,
    init: RequestInit,
  ): Promise<Response> {
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
    const headers = new Headers(init.headers);
    if (cookie !== "") headers.set("cookie", cookie);
    const response = await send(bridge, path, { ...init, headers });
    for (const field of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(field) ?? [];
      if (/;\s*max-age=0/i.test(field)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }
  return {
    cookies,
    get: (bridge, path) => visit(bridge, path, {}),
    post: (bridge, path, form, headers = { origin: ISSUER }) =>
      visit(bridge, path, {
        method: "POST",
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          ...headers,
        },
        body: `${new URLSearchParams(form)}`,
      }),
  };
}

/** Registers a client. */
export async function register(
  bridge: OAuthBridge,
  metadata: Record<string, unknown> = {},
): Promise<Response> {
  return await send(bridge, "/register", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
      ...metadata,
    }),
  });
}

/** The `client_id` of a new registration. */
export async function clientId(
  bridge: OAuthBridge,
  metadata: Record<string, unknown> = {},
): Promise<string> {
  return (await (await register(bridge, metadata)).json()).client_id;
}

/** The path of an authorization request; a parameter that is `undefined` is left out. */
export function authorizePath(
  parameters: Record<string, string | undefined>,
): string {
  const all = {
    response_type: "code",
    redirect_uri: REDIRECT_URI,
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    state: "client state",
    scope: "notes:read",
    resource: RESOURCE,
    ...parameters,
  };
  const given = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]]
  );
  return `/authorize?${new URLSearchParams(given)}`;
}

/** The value of a hidden input. */
export function hidden(page: string, name: string): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? "";
}

/** What the consent form posts. */
export async function consentForm(
  page: Response,
  decision = "approve",
): Promise<Record<string, string>> {
  const text = await page.text();
  return { state: hidden(text, "state"), form: hidden(text, "form"), decision };
}

/** How far a flow goes, and with what. */
export interface FlowOptions {
  readonly client_id?: string;
  readonly parameters?: Record<string, string | undefined>;
  readonly visitor?: Browser;
  /** Answers one request after the other. Default: the world's own bridge, all of them. */
  readonly bridges?: readonly OAuthBridge[];
}

/** A code, and all that it takes to redeem it. */
export interface Flow {
  readonly client_id: string;
  readonly callback: URL;
  readonly code: string;
  redeem(
    form?: Record<string, string | undefined>,
    headers?: Record<string, string>,
  ): Promise<Response>;
  refresh(
    refresh_token: string,
    form?: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<Response>;
}

/** Goes from the authorization request to the code. */
export async function flow(
  { bridge, provider }: Pick<World, "bridge" | "provider">,
  { parameters, visitor = browser(), ...options }: FlowOptions = {},
): Promise<Flow> {
  const { bridges = [bridge] } = options;
  let turn = 0;
  const next = (): OAuthBridge => bridges[turn++ % bridges.length]!;
  const client_id = options.client_id ?? await clientId(next());
  const page = await visitor.get(
    next(),
    authorizePath({ client_id, ...parameters }),
  );
  const form = await consentForm(page);
  const onward = await visitor.post(next(), "/consent", form);
  const location = onward.headers.get("location");
  if (location === null) throw new Error(`Consent: ${onward.status}`);
  const back = await visitor.get(next(), provider.signIn(location));
  const callback = new URL(back.headers.get("location") ?? "about:blank");
  const code = callback.searchParams.get("code") ?? "";
  return {
    client_id,
    callback,
    code,
    redeem: (form = {}, headers = {}) =>
      token(
        next(),
        {
          grant_type: "authorization_code",
          client_id,
          code,
          code_verifier: VERIFIER,
          redirect_uri: REDIRECT_URI,
          ...form,
        },
        "/token",
        headers,
      ),
    refresh: (refresh_token, form = {}, headers = {}) =>
      token(
        next(),
        {
          grant_type: "refresh_token",
          client_id,
          refresh_token,
          ...form,
        },
        "/token",
        headers,
      ),
  };
}

/** A request to the token endpoint; a parameter that is `undefined` is left out. */
export function token(
  bridge: OAuthBridge,
  form: Record<string, string | undefined>,
  path = "/token",
  headers: Record<string, string> = {},
): Promise<Response> {
  const given = Object.entries(form).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]]
  );
  return send(bridge, path, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      ...headers,
    },
    body: `${new URLSearchParams(given)}`,
  });
}

/** The `error` of an answer in JSON, with its status. */
export async function errorOf(response: Response): Promise<string> {
  return `${response.status} ${(await response.json()).error}`;
}
