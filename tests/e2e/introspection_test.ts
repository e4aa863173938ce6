import { assertEquals, assertRejects } from "@std/assert";
import { exportJWK, generateKeyPair } from "jose";
import { createServer, type Server } from "node:http";
import { test } from "node:test";
// The parts, since the package's entry warns on the console wherever it does not run on Node.
import { createMemoryAdapter } from "oidc-provider/lib/adapters/memory_adapter.js";
import { Provider } from "oidc-provider/lib/provider.js";
import {
  AccessTokenError,
  type ClientCredentials,
  introspectionVerifier,
  type IntrospectionVerifierOptions,
  protectResource,
} from "../../mod.ts";
import { freePort } from "./example.ts";

const RESOURCE = "http://localhost:8787/mcp";
/** With all that has to be encoded on its way. */
const SECRET = "s3cr3t: of%the+server&=";

const { privateKey, publicKey } = await generateKeyPair("ES256", {
  extractable: true,
});
const jwk = { ...await exportJWK(privateKey), kid: "key-1" };

/** How the resource authenticates, each as a client of its own. */
const clients: readonly (readonly [how: string, client: ClientCredentials])[] =
  [
    ["client_secret_basic", { client_id: "basic", client_secret: SECRET }],
    ["client_secret_post", {
      client_id: "post",
      client_secret: SECRET,
      method: "client_secret_post",
    }],
    ["private_key_jwt, by a CryptoKey", {
      client_id: "signed",
      private_key: privateKey,
      kid: "key-1",
    }],
    ["private_key_jwt, by a JSON Web Key", {
      client_id: "signed",
      private_key: jwk,
    }],
  ];

/** oidc-provider, whose access tokens are opaque. */
interface AuthorizationServer {
  readonly issuer: string;
  start(): Promise<void>;
  /** An access token for the resource, as the token endpoint issues it. */
  accessToken(): Promise<string>;
  /** A refresh token that is good. */
  refreshToken(): Promise<string>;
  revoke(token: string): Promise<void>;
  stop(): Promise<void>;
}

async function authorizationServer(): Promise<AuthorizationServer> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const metadata = {
    grant_types: [],
    redirect_uris: [],
    response_types: [],
    client_secret: SECRET,
  };
  const provider = new Provider(issuer, {
    adapter: createMemoryAdapter(),
    clientAuthMethods: [
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
    ],
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    clients: [
      {
        ...metadata,
        client_id: "caller",
        grant_types: ["client_credentials"],
        token_endpoint_auth_method: "client_secret_post",
      },
      {
        ...metadata,
        client_id: "basic",
        token_endpoint_auth_method: "client_secret_basic",
      },
      {
        ...metadata,
        client_id: "post",
        token_endpoint_auth_method: "client_secret_post",
      },
      {
        ...metadata,
        client_secret: undefined,
        client_id: "signed",
        token_endpoint_auth_method: "private_key_jwt",
        jwks: { keys: [{ ...await exportJWK(publicKey), kid: "key-1" }] },
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (): unknown => ({
          audience: RESOURCE,
          scope: "notes:read",
          accessTokenFormat: "opaque",
        }),
      },
      revocation: { enabled: true, allowedPolicy: () => true },
    },
    issueRefreshToken: () => true,
    jwks: { keys: [{ ...jwk, kid: "server" }] },
    scopes: ["notes:read"],
    ttl: { ClientCredentials: 3600, Grant: 3600, RefreshToken: 3600 },
  });
  provider.silent = true;
  const server: Server = createServer(provider.callback());
  const send = async (path: string, form: object): Promise<Response> =>
    await fetch(`${issuer}${path}`, {
      method: "POST",
      body: new URLSearchParams({
        client_id: "caller",
        client_secret: SECRET,
        ...form,
      }),
    });
  return {
    issuer,
    start: () =>
      new Promise((resolve) => {
        server.listen(port, "127.0.0.1", resolve);
      }),
    async accessToken(): Promise<string> {
      const response = await send("/token", {
        grant_type: "client_credentials",
        scope: "notes:read",
        resource: RESOURCE,
      });
      const { access_token } = await response.json();
      return access_token;
    },
    async refreshToken(): Promise<string> {
      const client = await provider.Client.find("caller");
      const owner = { clientId: "caller", accountId: "user-1" };
      const grantId = await new provider.Grant(owner).save();
      return await new provider.RefreshToken({
        client,
        accountId: "user-1",
        grantId,
        gty: "authorization_code",
        resource: RESOURCE,
        scope: "notes:read",
      }).save();
    },
    async revoke(token): Promise<void> {
      const { status } = await send("/token/revocation", { token });
      assertEquals(status, 200);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Lends a server that has started. */
async function withServer(
  use: (server: AuthorizationServer) => Promise<void>,
): Promise<void> {
  const server = await authorizationServer();
  await server.start();
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

/** A resource that asks a server, and says who calls. */
function resourceOf(
  { issuer }: AuthorizationServer,
  options: Pick<IntrospectionVerifierOptions, "client" | "platform">,
): (token: string) => Promise<Response> {
  const handle = protectResource(
    (_, { authInfo: { clientId, scopes } }) =>
      Response.json({ clientId, scopes }),
    {
      metadata: { resource: RESOURCE, authorization_servers: [issuer] },
      verifyAccessToken: introspectionVerifier({ issuer, ...options }),
      ...(options.platform && { platform: options.platform }),
    },
  );
  return async (token) =>
    await handle(
      new Request(RESOURCE, { headers: { authorization: `Bearer ${token}` } }),
    );
}

for (const [how, client] of clients) {
  test(`introspectionVerifier() takes oidc-provider's opaque tokens by ${how}`, () =>
    withServer(async (server) => {
      const call = resourceOf(server, { client });
      const token = await server.accessToken();
      assertEquals(token.includes("."), false); // no JWT
      for (let use = 0; use < 2; use++) {
        const response = await call(token);
        assertEquals(response.status, 200);
        assertEquals(await response.json(), {
          clientId: "caller",
          scopes: ["notes:read"],
        });
      }
      assertEquals((await call("made-up")).status, 401);
    }));
}

test("introspectionVerifier() tells a wrong secret by oidc-provider from a wrong token", () =>
  withServer(async (server) => {
    const client = { client_id: "basic", client_secret: "wrong" };
    const call = resourceOf(server, { client });
    const response = await call(await server.accessToken());
    assertEquals(response.status, 503);
    assertEquals(response.headers.get("www-authenticate"), null);
  }));

test("introspectionVerifier() takes no refresh token of oidc-provider's, which calls it active", () =>
  withServer(async (server) => {
    const [[, client]] = clients as [(typeof clients)[0]];
    const token = await server.refreshToken();
    for (const options of [{}, { audience: null }]) {
      const { issuer } = server;
      const verify = introspectionVerifier({ issuer, client, ...options });
      const handle = protectResource(() => new Response(), {
        metadata: { resource: RESOURCE, authorization_servers: [issuer] },
        verifyAccessToken: verify,
      });
      const headers = { authorization: `Bearer ${token}` };
      const { status } = await handle(new Request(RESOURCE, { headers }));
      assertEquals(status, 401);
    }
    const bound = introspectionVerifier({
      issuer: server.issuer,
      client,
      audience: null,
    });
    const { reason } = await assertRejects(
      () => bound(token),
      AccessTokenError,
    );
    assertEquals(reason, "missing_claim"); // and not inactive_token
  }));

test("introspectionVerifier() refuses a token that oidc-provider revoked, after cacheSeconds at most", () =>
  withServer(async (server) => {
    let seconds = 0;
    const platform = { now: () => Date.now() + seconds * 1000 };
    const [[, client]] = clients as [(typeof clients)[0]];
    const call = resourceOf(server, { client, platform });
    const token = await server.accessToken();
    assertEquals((await call(token)).status, 200);
    await server.revoke(token);
    assertEquals((await call(token)).status, 200);
    seconds = 30;
    assertEquals((await call(token)).status, 401);
  }));

test("a resource that starts before oidc-provider answers 503 until that is there", async () => {
  const server = await authorizationServer();
  let seconds = 0;
  const platform = { now: () => Date.now() + seconds * 1000 };
  const [[, client]] = clients as [(typeof clients)[0]];
  const call = resourceOf(server, { client, platform });
  assertEquals((await call("token")).status, 503);
  await server.start();
  try {
    seconds = 5;
    assertEquals((await call(await server.accessToken())).status, 200);
  } finally {
    await server.stop();
  }
});
