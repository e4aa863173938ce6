/**
 * An authorization server in memory, as a resource sees one: its metadata
 * ({@link https://www.rfc-editor.org/rfc/rfc8414 | RFC 8414}), its keys, its tokens
 * ({@link https://www.rfc-editor.org/rfc/rfc9068 | RFC 9068}) and their introspection
 * ({@link https://www.rfc-editor.org/rfc/rfc7662 | RFC 7662}). A test says which tokens it issues and what goes wrong.
 * Not implemented: whatever a client needs to get a token, which is for the test to hand out.
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

/** Claims of a token, fields of its header, or members of a document. */
export type Members = Readonly<Record<string, unknown>>;

/** How a {@linkcode TestIssuer} is set up. */
export interface TestIssuerOptions {
  /** Its identifier: one of the resource's `authorization_servers`. */
  readonly issuer: string;
  /** The `aud` of its tokens: the `resource`, or what `issuers` says for this one. */
  readonly audience: string | readonly string[];
  /** Its keys; the first one signs. Default: one for ES256. */
  readonly keys?: readonly TestKey[] | undefined;
  /** Members of its metadata, added to the usual ones or in place of them; `undefined` takes one away. */
  readonly metadata?: Members | undefined;
  /** Who may introspect. Default: `resource-server`, whose secret is `secret`. */
  readonly client?: TestClient | undefined;
  /** The network that it joins: another issuer's `platform`, for one. Default: one of its own. */
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
  /** Its identifier. */
  readonly issuer: string;
  /** Its network and its clock: the `platform` of the options. */
  readonly platform: TestNetwork;
  /** Where its metadata is: the RFC 8414 place, and no other. */
  readonly metadataUrl: string;
  /** Where its keys are. */
  readonly jwksUrl: string;
  /** Where its tokens are introspected. */
  readonly introspectionUrl: string;
  /** Who may introspect. */
  readonly client: TestClient;
  /** What was introspected, in order. */
  readonly introspections: readonly Introspection[];
  /** Its keys; the first one signs. Put others here to publish them. */
  keys: readonly TestKey[];
  /** What all its URLs answer in place of their own answer, while it is set: {@linkcode answerNothing}, for one. */
  outage: Answer | undefined;
  /** How long each answer takes, in seconds of real time. Default: 0. */
  delaySeconds: number;
  /** The claims that a token has unless it is told otherwise: good for five minutes from now, and without any scope. */
  claims(): Record<string, unknown>;
  /**
   * Issues a signed token. Claims and header fields are added to the usual ones; `undefined` takes one away. Signed
   * with another key, it is a forgery.
   *
   * @throws {TypeError} If there is no key to sign with.
   */
  token(claims?: Members, header?: Members, key?: TestKey): Promise<string>;
  /** Issues a token that says nothing by itself and must be introspected. Claims are as for {@linkcode TestIssuer.token}. */
  opaqueToken(claims?: Members): string;
  /** Takes a token back: introspection says that it is not active. A signed one is good elsewhere until it expires. */
  revoke(token: string): void;
  /** Publishes a new key in place of all others, and signs with it from now on. */
  rotate(): Promise<void>;
}

/**
 * Sets up an issuer in memory.
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

/** Sets up an issuer whose keys are there already. */
export function publishIssuer(
  platform: TestNetwork,
  options: TestIssuerOptions & { readonly keys: readonly TestKey[] },
): TestIssuer {
  const { issuer, audience, client = DEFAULT_CLIENT, metadata } = options;
  checkIdentifier(issuer, "issuer");
  const urls = urlsOf(issuer);
  const introspections: Introspection[] = [];
  /** What each token says that was not taken back. */
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
    // Where others have it, and clients look too: while the issuer is away, nothing is found there either.
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

/** How long a token is good. */
const TOKEN_SECONDS = 300;

const DEFAULT_CLIENT: TestClient = {
  client_id: "resource-server",
  client_secret: "secret",
};

/** The claims, if they are good at this time. */
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
