/**
 * The suite's own issuer: metadata, keys and tokens, good ones and forged ones. It can be away, slow and fickle.
 *
 * @module
 */
import { base64url, exportJWK, generateKeyPair, type JWK } from "jose";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { freePort } from "../e2e/example.ts";
import { listen } from "./loopback.ts";

/** The algorithms that it signs with, one key for each. */
export type Algorithm = "RS256" | "PS256" | "ES256" | "ES384" | "EdDSA";

/** A key pair, as the issuer publishes it. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** What is said in a token, where it differs from a good one. `undefined` leaves a member out. */
export interface TokenOptions {
  /** Which of the issuer's keys signs. Default: `ES256`. */
  readonly alg?: Algorithm;
  /** A key in place of the issuer's. */
  readonly key?: SigningKey;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface IssuerOptions {
  /** Its only document: RFC 8414's, or the one of OpenID Connect Discovery, below its path. */
  readonly document: "oauth-authorization-server" | "openid-configuration";
  readonly algorithms: readonly Algorithm[];
}

export interface Issuer {
  /** With a path: `http://localhost:<port>/tenant1`. */
  readonly identifier: string;
  /** Another tenant, which has the same keys. Nobody trusts it. */
  readonly sibling: string;
  /** What it publishes, with members that nobody knows. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Where somebody else's keys are. */
  readonly attackerJwksUri: string;
  /** Every token that it made. */
  readonly tokens: readonly string[];
  key(alg: Algorithm): SigningKey;
  /** One more key, which is there to be rotated. */
  spareKey(): SigningKey;
  /** An access token for an audience. */
  token(audience: string, options?: TokenOptions): Promise<string>;
  /** How many requests there were whose path has this in it. */
  requests(part: string): number;
  /** Each distinct value that requests had for a header; the empty string if one had none. */
  received(header: "accept" | "user-agent"): readonly string[];
  /** Closes its socket, and every connection. */
  turnOff(): Promise<void>;
  /** Opens it again, at the same port. */
  turnOn(): Promise<void>;
  /** Waits before every answer. */
  delay(milliseconds: number): void;
  /** Puts another key in the place of the spare one. */
  rotate(): Promise<void>;
}

const TENANT = "/tenant1";
const SIBLING = "/tenant2";

/** Starts an issuer that answers. */
export async function startIssuer(
  { document, algorithms }: IssuerOptions,
): Promise<Issuer> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const identifier = `${origin}${TENANT}`;
  const counts = new Map<string, number>();
  const received = {
    accept: new Set<string>(),
    "user-agent": new Set<string>(),
  };
  const tokens: string[] = [];
  const keys = await Promise.all(algorithms.map(newKey));
  let spareKey = await newKey("ES384");
  const attacker = await newKey("ES256");
  let delay = 0;
  let servers: readonly Server[] = [];

  const metadata = metadataOf(identifier);
  const places = document === "oauth-authorization-server"
    ? [
      `/.well-known/${document}${TENANT}`,
      `/.well-known/${document}${SIBLING}`,
    ]
    : [
      `${TENANT}/.well-known/${document}`,
      `${SIBLING}/.well-known/${document}`,
    ];
  const documents = new Map<string, () => unknown>([
    [places[0]!, () => metadata],
    [places[1]!, () => metadataOf(`${origin}${SIBLING}`)],
    [`${TENANT}/jwks`, () => jwks([...keys, spareKey])],
    [`${SIBLING}/jwks`, () => jwks([...keys, spareKey])],
    ["/attacker/jwks", () => jwks([attacker])],
  ]);

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "";
    counts.set(path, (counts.get(path) ?? 0) + 1);
    received.accept.add(request.headers.accept ?? "");
    received["user-agent"].add(request.headers["user-agent"] ?? "");
    const found = documents.get(path);
    setTimeout(() => {
      response.writeHead(found === undefined ? 404 : 200, {
        "content-type": "application/json",
        connection: "close",
      });
      response.end(JSON.stringify(found?.() ?? { error: "not_found" }));
    }, delay);
  }

  const issuer: Issuer = {
    identifier,
    sibling: `${origin}${SIBLING}`,
    metadata,
    attackerJwksUri: `${origin}/attacker/jwks`,
    tokens,
    key(alg): SigningKey {
      const found = keys.find((key) => key.alg === alg);
      if (found === undefined) throw new Error(`There is no key for ${alg}`);
      return found;
    },
    spareKey: () => spareKey,
    async token(audience, options = {}): Promise<string> {
      const key = options.key ?? issuer.key(options.alg ?? "ES256");
      const now = Math.floor(Date.now() / 1000);
      const token = await sign(key, {
        alg: key.alg,
        kid: key.kid,
        typ: "at+jwt",
        ...options.header,
      }, {
        iss: identifier,
        aud: audience,
        sub: `user-${crypto.randomUUID()}`,
        client_id: "contract",
        iat: now,
        exp: now + 600,
        jti: crypto.randomUUID(),
        ...options.claims,
      });
      tokens.push(token);
      return token;
    },
    requests(part): number {
      let sum = 0;
      for (const [path, count] of counts) if (path.includes(part)) sum += count;
      return sum;
    },
    received: (header) => [...received[header]],
    async turnOff(): Promise<void> {
      await Promise.all(servers.map(close));
      servers = [];
    },
    async turnOn(): Promise<void> {
      servers = await listen(port, () => createServer(answer));
    },
    delay(milliseconds): void {
      delay = milliseconds;
    },
    async rotate(): Promise<void> {
      spareKey = await newKey("ES384");
    },
  };
  await issuer.turnOn();
  return issuer;
}

/** A key that no issuer publishes, unless it is one of its own. */
export async function newKey(alg: Algorithm): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, {
    extractable: true,
  });
  const kid = `${alg}-${crypto.randomUUID()}`;
  const publicJwk = { ...await exportJWK(publicKey), alg, kid, use: "sig" };
  return { kid, alg, privateKey, publicJwk };
}

/** A compact JWS with any header and any payload, whether anyone would accept it or not. */
export async function sign(
  { privateKey }: SigningKey,
  header: unknown,
  payload: unknown,
): Promise<string> {
  const input = `${segment(header)}.${segment(payload)}`;
  const signature = await crypto.subtle.sign(
    signatureAlgorithm(privateKey),
    privateKey,
    new TextEncoder().encode(input),
  );
  return `${input}.${base64url.encode(new Uint8Array(signature))}`;
}

/** A segment of a JWS: a value as JSON, or a text as it is. */
export function segment(value: unknown): string {
  return base64url.encode(
    typeof value === "string" ? value : JSON.stringify(value),
  );
}

/** What WebCrypto needs to know beside the key. */
function signatureAlgorithm(
  { algorithm }: CryptoKey,
): AlgorithmIdentifier | RsaPssParams | EcdsaParams {
  const { name } = algorithm;
  if (name === "RSA-PSS") return { name, saltLength: 32 };
  if (name !== "ECDSA") return { name };
  const { namedCurve } = algorithm as EcKeyAlgorithm;
  return { name, hash: namedCurve === "P-384" ? "SHA-384" : "SHA-256" };
}

function jwks(keys: readonly SigningKey[]): unknown {
  return { keys: keys.map(({ publicJwk }) => publicJwk) };
}

function metadataOf(issuer: string): Readonly<Record<string, unknown>> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ["code"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    "x-unknown-member": { "\u00fcber": ["\u2713", 1e-7, null, false] },
    "service_documentation#fr": "https://docs.example/?a=1&b=%20",
  };
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
