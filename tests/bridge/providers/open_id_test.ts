import { assertEquals, assertThrows } from "@std/assert";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { test } from "node:test";
import {
  entraId,
  gitLab,
  google,
  okta,
  openIdConnect,
  type UpstreamProvider,
} from "../../../src/bridge/mod.ts";
import {
  APPLICATION,
  authorizationOf,
  CODE,
  connected,
  failureOf,
  type Routes,
} from "./network.ts";

const TENANT = "12345678-90ab-cdef-1234-567890abcdef";
const { privateKey, publicKey } = await generateKeyPair("RS256");

/** What is odd about one provider. */
interface Oddities {
  readonly issuer: string;
  readonly authorize: string;
  readonly token: string;
  readonly jwks: string;
  readonly userinfo?: string;
  /** Of the metadata. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Whether a refresh brings an ID token. */
  readonly idTokenAtRefresh?: boolean;
  /** Whether the user endpoint takes the access token. */
  readonly userinfoStatus?: number;
  readonly rotates?: boolean;
  readonly claims?: Readonly<Record<string, unknown>>;
}

function double(odd: Oddities): Routes {
  const idToken = (nonce?: string): Promise<string> =>
    new SignJWT({ ...odd.claims, ...(nonce && { nonce }) })
      .setProtectedHeader({ alg: "RS256", kid: "1" })
      .setIssuer(odd.issuer).setAudience("app-1").setSubject("user-1")
      .setIssuedAt().setExpirationTime("5m").sign(privateKey);
  return {
    [`GET ${odd.issuer}/.well-known/openid-configuration`]: () =>
      Response.json({
        issuer: odd.issuer,
        authorization_endpoint: odd.authorize,
        token_endpoint: odd.token,
        jwks_uri: odd.jwks,
        ...(odd.userinfo && { userinfo_endpoint: odd.userinfo }),
        id_token_signing_alg_values_supported: ["RS256"],
        scopes_supported: ["openid", "email", "profile"],
        ...odd.metadata,
      }),
    [`GET ${odd.jwks}`]: async () =>
      Response.json({
        keys: [{ ...await exportJWK(publicKey), kid: "1", use: "sig" }],
      }),
    [`POST ${odd.token}`]: async ({ form }) => {
      if (form.grant_type === "refresh_token") {
        return form.refresh_token === "refresh-1"
          ? Response.json({
            access_token: "access-2",
            token_type: "Bearer",
            expires_in: 3600,
            ...(odd.rotates && { refresh_token: "refresh-2" }),
            ...(odd.idTokenAtRefresh && { id_token: await idToken() }),
          })
          : Response.json({ error: "invalid_grant" }, { status: 400 });
      }
      return form.code === "code-1"
        ? Response.json({
          access_token: "access-1",
          token_type: "Bearer",
          expires_in: 3599,
          refresh_token: "refresh-1",
          id_token: await idToken(CODE.nonce),
        })
        : Response.json({ error: "invalid_grant" }, { status: 400 });
    },
    [`GET ${odd.userinfo}`]: () =>
      odd.userinfoStatus === undefined
        ? Response.json({ sub: "user-1", name: "Ada" })
        : new Response(null, {
          status: odd.userinfoStatus,
          headers: { "www-authenticate": 'Bearer error="invalid_token"' },
        }),
  };
}

const PROVIDERS: Readonly<
  Record<
    string,
    {
      readonly provider: UpstreamProvider;
      readonly odd: Oddities;
      readonly asks: Readonly<Record<string, string | undefined>>;
    }
  >
> = {
  Google: {
    provider: google(APPLICATION),
    odd: {
      issuer: "https://accounts.google.com",
      authorize: "https://accounts.google.com/o/oauth2/v2/auth",
      token: "https://oauth2.googleapis.com/token",
      jwks: "https://www.googleapis.com/oauth2/v3/certs",
      userinfo: "https://openidconnect.googleapis.com/v1/userinfo",
      idTokenAtRefresh: true,
    },
    asks: {
      scope: "openid email profile",
      access_type: "offline",
      prompt: "consent",
    },
  },
  Microsoft: {
    provider: entraId({
      ...APPLICATION,
      tenant: TENANT,
      scope: ["api://notes/read", "offline_access"],
    }),
    odd: {
      issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      authorize:
        `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/authorize`,
      token: `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`,
      jwks: `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`,
      // It takes tokens of Microsoft Graph alone.
      userinfo: "https://graph.microsoft.com/oidc/userinfo",
      userinfoStatus: 401,
      rotates: true,
      claims: { tid: TENANT, oid: "object-1" },
    },
    asks: {
      scope: "openid api://notes/read offline_access",
      prompt: undefined,
      resource: undefined,
    },
  },
  Okta: {
    provider: okta({
      ...APPLICATION,
      issuer: "https://acme.okta.com/oauth2/default",
    }),
    odd: {
      issuer: "https://acme.okta.com/oauth2/default",
      authorize: "https://acme.okta.com/oauth2/default/v1/authorize",
      token: "https://acme.okta.com/oauth2/default/v1/token",
      jwks: "https://acme.okta.com/oauth2/default/v1/keys",
      userinfo: "https://acme.okta.com/oauth2/default/v1/userinfo",
      idTokenAtRefresh: true,
      rotates: true,
    },
    asks: { scope: "openid profile offline_access", prompt: undefined },
  },
  GitLab: {
    provider: gitLab(APPLICATION),
    odd: {
      issuer: "https://gitlab.com",
      authorize: "https://gitlab.com/oauth/authorize",
      token: "https://gitlab.com/oauth/token",
      jwks: "https://gitlab.com/oauth/discovery/keys",
      userinfo: "https://gitlab.com/oauth/userinfo",
      rotates: true,
    },
    asks: { scope: "openid", prompt: undefined },
  },
};

for (const [name, { provider, odd, asks }] of Object.entries(PROVIDERS)) {
  test(`${name}: sign-in and refresh`, async () => {
    const { connection } = connected(provider, double(odd));
    assertEquals(provider.name, name);
    const { to, parameters } = await authorizationOf(connection);
    assertEquals(to, odd.authorize);
    assertEquals(parameters.nonce?.length, 43);
    for (const [parameter, value] of Object.entries(asks)) {
      assertEquals(parameters[parameter], value, parameter);
    }
    const first = await connection.redeem(CODE);
    assertEquals([first.user.sub, first.access_token, first.refresh_token], [
      "user-1",
      "access-1",
      "refresh-1",
    ]);
    const second = await connection.refresh("refresh-1");
    assertEquals(
      second.user?.sub,
      odd.userinfoStatus === 401 ? undefined : "user-1",
    );
    assertEquals(second.refresh_token, odd.rotates ? "refresh-2" : undefined);
    assertEquals(
      await failureOf(connection.refresh("refresh-0")),
      "UpstreamRefusal",
    );
    assertEquals(
      await failureOf(connection.redeem({ ...CODE, code: "used" })),
      "UpstreamRefusal",
    );
  });
}

test("an OpenID provider is asked for offline_access where it has it, and for consent then", async () => {
  const odd: Oddities = {
    issuer: "https://id.example/t1",
    authorize: "https://id.example/authorize",
    token: "https://id.example/token",
    jwks: "https://id.example/jwks",
  };
  const provider = openIdConnect({ ...APPLICATION, issuer: odd.issuer });
  const without = await authorizationOf(
    connected(provider, double(odd)).connection,
  );
  assertEquals([without.parameters.scope, without.parameters.prompt], [
    "openid",
    undefined,
  ]);
  const metadata = { scopes_supported: ["openid", "offline_access"] };
  const { parameters } = await authorizationOf(
    connected(provider, double({ ...odd, metadata })).connection,
  );
  assertEquals([parameters.scope, parameters.prompt], [
    "openid offline_access",
    "consent",
  ]);
  assertEquals(provider.name, "id.example");
});

test("settings that cannot be used are refused", () => {
  for (const tenant of ["common", "organizations", "", "contoso.com"]) {
    assertThrows(
      () => entraId({ ...APPLICATION, tenant }),
      TypeError,
      "tenant",
    );
  }
  assertThrows(
    () => openIdConnect({ ...APPLICATION, issuer: "http://id.example" }),
    TypeError,
    "https",
  );
  assertThrows(() => google({ client_id: "" }), TypeError, "client_id");
});
