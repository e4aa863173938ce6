/**
 * An authorization server in memory, as a resource sees one: its metadata
 * ({@link https://www.rfc-editor.org/rfc/rfc8414 | RFC 8414}), its keys, its tokens
 * ({@link https://www.rfc-editor.org/rfc/rfc9068 | RFC 9068}) and their introspection
 * ({@link https://www.rfc-editor.org/rfc/rfc7662 | RFC 7662}). The test decides which tokens it issues, and which
 * faults it has. Not implemented: the endpoints at which a client gets a token; the test passes tokens to its client.
 *
 * @module
 */

import { SignJWT } from "jose";
import { checkIdentifier, pathOf } from "../runtime/identifiers.ts";
import {
  anything,
  type Check,
  checkOptions,
  eachOf,
  mustBe,
  oneOrMoreStrings,
  type OptionShape,
  optionsOf,
} from "../runtime/option_checks.ts";
import { RUNTIME_SHAPE } from "../runtime/platform.ts";
import { type Answer, answerJson, answerStatus, later } from "./answers.ts";
import { TEST_CLIENT_SHAPE, type TestClient } from "./clients.ts";
import { type Introspection, introspectionEndpoint } from "./introspection.ts";
import { keyOf, type TestKey } from "./keys.ts";
import { type TestNetwork, testNetwork } from "./network.ts";

/** Claims of a token, parameters of its header, or members of a document. */
export type Members = Readonly<Record<string, unknown>>;

/** Options of {@linkcode testIssuer}. */
export interface TestIssuerOptions {
  /** The issuer identifier: one of the resource's `authorization_servers`. */
  readonly issuer: string;
  /** The `aud` of its tokens: the `resource`, or the `audience` that `issuers` sets for this issuer. */
  readonly audience: string | readonly string[];
  /** The keys that it publishes. The first one signs. Default: one for ES256. */
  readonly keys?: readonly TestKey[] | undefined;
  /**
   * Members of its metadata, which are added to the default ones or replace them; `undefined` removes one. Default:
   * none.
   */
  readonly metadata?: Members | undefined;
  /** The client that may introspect tokens. Default: `resource-server` with the secret `secret`. */
  readonly client?: TestClient | undefined;
  /** The network that it joins, such as another issuer's `platform`. Default: a new one. */
  readonly platform?: TestNetwork | undefined;
}

const checkRuntime = optionsOf(RUNTIME_SHAPE);
const checkNetwork = mustBe(
  (value) => typeof (value as TestNetwork).serve === "function",
  "give testNetwork(), or the platform of another test issuer",
);

const SHAPE: OptionShape<TestIssuerOptions> = {
  members: {
    issuer: checkIdentifier as Check,
    audience: oneOrMoreStrings,
    keys: mustBe(Array.isArray, "list keys that testKey() made"),
    metadata: eachOf(anything),
    client: optionsOf(TEST_CLIENT_SHAPE),
    platform(value, place): void {
      checkRuntime(value, place);
      checkNetwork(value, place);
    },
  },
};

/** An authorization server that publishes its metadata and keys, and issues access tokens. */
export interface TestIssuer {
  /** The issuer identifier. */
  readonly issuer: string;
  /** Its network and its clock. Pass it as the `platform` option of the server. */
  readonly platform: TestNetwork;
  /** The URL of its metadata. The metadata is published only here, at the RFC 8414 URL. */
  readonly metadataUrl: string;
  /** The URL of its keys. */
  readonly jwksUrl: string;
  /** The URL of its introspection endpoint. */
  readonly introspectionUrl: string;
  /** The client that may introspect tokens. */
  readonly client: TestClient;
  /** The introspection requests, in order. */
  readonly introspections: readonly Introspection[];
  /** The published keys. The first one signs. Assign other keys to publish them. */
  keys: readonly TestKey[];
  /** If set, it answers the requests to all its URLs, as {@linkcode answerNothing} does. Default: `undefined`. */
  outage: Answer | undefined;
  /** How long each response is delayed, in seconds of real time. Default: 0. */
  delaySeconds: number;
  /** The default claims of a token: valid for five minutes from now, without a scope. */
  claims(): Record<string, unknown>;
  /**
   * Issues a signed token. Claims and header parameters are added to the default ones or replace them; `undefined`
   * removes one. `key` signs in place of the issuer's first key; a token that is signed with an unpublished key is a
   * forgery.
   *
   * @throws {TypeError} If there is no key to sign with.
   */
  token(claims?: Members, header?: Members, key?: TestKey): Promise<string>;
  /** Issues an opaque token, which must be introspected. Claims are as for {@linkcode TestIssuer.token}. */
  opaqueToken(claims?: Members): string;
  /**
   * Revokes a token: introspection then reports it as not active. Verifiers of signed tokens accept it until it
   * expires.
   */
  revoke(token: string): void;
  /** Replaces all published keys by a new one, which signs from now on. */
  rotate(): Promise<void>;
}

/**
 * Creates an issuer in memory.
 *
 * @example A tool that asks for a scope
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { testIssuer } from "@gatehouse/mcp-auth/testing";
 *
 * const resource = "https://notes.example.com/mcp";
 * const issuer = await testIssuer({
 *   issuer: "https://auth.example.com",
 *   audience: resource,
 * });
 * const mcp = protectResource(() => new Response("Hello"), {
 *   metadata: { resource, authorization_servers: [issuer.issuer] },
 *   scopes: { required: ["notes:read"] },
 *   platform: issuer.platform,
 * });
 *
 * const token = await issuer.token({ scope: "notes:write" });
 * const headers = { authorization: `Bearer ${token}` };
 * const { status } = await mcp(new Request(resource, { headers })); // 403
 * ```
 *
 * @throws {TypeError} If the issuer is not an https URL, or http on a loopback host.
 */
export async function testIssuer(
  options: TestIssuerOptions,
): Promise<TestIssuer> {
  checkOptions(options, "", SHAPE);
  const keys = options.keys ?? [await keyOf(options.issuer, "ES256", 1)];
  return publishIssuer(options.platform ?? testNetwork(), { ...options, keys });
}

/** Creates an issuer whose keys already exist. */
export function publishIssuer(
  platform: TestNetwork,
  options: TestIssuerOptions & { readonly keys: readonly TestKey[] },
): TestIssuer {
  const { issuer, audience, client = DEFAULT_CLIENT, metadata } = options;
  checkIdentifier(issuer, "issuer");
  const urls = urlsOf(issuer);
  const introspections: Introspection[] = [];
  /** The claims of the tokens that were not revoked. */
  const issued = new Map<string, Members>();
  let rotations = 1;

  const self: TestIssuer = {
    issuer,
    platform,
    metadataUrl: urls.metadata,
    jwksUrl: urls.jwks,
    introspectionUrl: urls.introspection,
    client,
    introspections,
    keys: options.keys,
    outage: undefined,
    delaySeconds: 0,
    claims(): Record<string, unknown> {
      const iat = Math.floor(platform.now() / 1000);
      const exp = iat + TOKEN_SECONDS;
      const sub = "user-1";
      const client_id = "client-1";
      return { iss: issuer, sub, aud: audience, client_id, iat, exp };
    },
    async token(changes, header, key = self.keys[0]): Promise<string> {
      if (key === undefined) {
        throw new TypeError(`Cannot sign a token: ${issuer} has no keys`);
      }
      const { alg, kid, privateKey } = key;
      const claims = { ...self.claims(), ...changes };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg, kid, typ: "at+jwt", ...header })
        .sign(privateKey);
      if (self.keys.includes(key)) issued.set(token, claims);
      return token;
    },
    opaqueToken(changes): string {
      const token = crypto.randomUUID();
      issued.set(token, { ...self.claims(), ...changes });
      return token;
    },
    revoke: (token) => void issued.delete(token),
    async rotate(): Promise<void> {
      const alg = self.keys[0]?.alg ?? "ES256";
      self.keys = [await keyOf(issuer, alg, ++rotations)];
    },
  };

  const answers: Record<string, Answer> = {
    // Other URLs at which clients look for metadata. They are served so that `outage` applies to them too.
    [urls.openIdInserted]: answerStatus(404),
    [urls.openIdAppended]: answerStatus(404),
    [urls.metadata]: answerJson({
      ...metadataOf(issuer, urls, client),
      ...metadata,
    }),
    [urls.jwks]: () => Response.json({ keys: self.keys.map(({ jwk }) => jwk) }),
    [urls.introspection]: introspectionEndpoint(
      {
        client,
        audience: [issuer, urls.introspection, urls.token],
        now: platform.now,
      },
      (token) => active(issued.get(token), platform.now() / 1000),
      (introspection) => void introspections.push(introspection),
    ),
  };
  for (const [url, answer] of Object.entries(answers)) {
    platform.serve(url, async (url, init) => {
      if (self.delaySeconds > 0) await later(self.delaySeconds, init.signal);
      return await (self.outage ?? answer)(url, init);
    });
  }
  return self;
}

/** The lifetime of a token. */
const TOKEN_SECONDS = 300;

const DEFAULT_CLIENT: TestClient = {
  client_id: "resource-server",
  client_secret: "secret",
};

/** The claims, if they are valid at this time, in seconds since 1970. */
function active(
  claims: Members | undefined,
  seconds: number,
): Members | undefined {
  const { exp = Infinity, nbf = 0 } = claims ?? {};
  const isActive = Number(nbf) <= seconds && seconds < Number(exp);
  return isActive ? claims : undefined;
}

interface Urls {
  readonly metadata: string;
  readonly openIdInserted: string;
  readonly openIdAppended: string;
  readonly authorization: string;
  readonly token: string;
  readonly jwks: string;
  readonly introspection: string;
}

function urlsOf(issuer: string): Urls {
  const path = pathOf(issuer).replace(/\/$/, "");
  const base = issuer.replace(/\/$/, "");
  const origin = base.slice(0, base.length - path.length);
  return {
    metadata: `${origin}/.well-known/oauth-authorization-server${path}`,
    openIdInserted: `${origin}/.well-known/openid-configuration${path}`,
    openIdAppended: `${base}/.well-known/openid-configuration`,
    authorization: `${base}/authorize`,
    token: `${base}/token`,
    jwks: `${base}/jwks`,
    introspection: `${base}/introspect`,
  };
}

function metadataOf(issuer: string, urls: Urls, client: TestClient): Members {
  return {
    issuer,
    authorization_endpoint: urls.authorization,
    token_endpoint: urls.token,
    jwks_uri: urls.jwks,
    introspection_endpoint: urls.introspection,
    introspection_endpoint_auth_methods_supported: [
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
    ],
    introspection_endpoint_auth_signing_alg_values_supported: [
      client.key?.alg ?? "ES256",
    ],
    response_types_supported: ["code"],
    code_challenge_methods_supported: ["S256"],
  };
}
