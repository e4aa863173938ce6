/**
 * How oidc-provider is set up.
 *
 * @module
 */

import {
  basePolicy,
  createMemoryAdapter,
  InvalidGrant,
} from "./oidc_provider.ts";
import type { DevIssuerOptions } from "./options.ts";
import { publicFetch } from "./public_fetch.ts";
import { registrations, withHashedSecret } from "./registrations.ts";
import { normalizeClient, ROUTES } from "./requests.ts";
import { resourceIndicators } from "./resources.ts";
import {
  consent,
  type Context,
  errorPage,
  requestedScopes,
  sendPage,
  type Untyped,
} from "./sign_in.ts";

const DAY_SECONDS = 86400;

/** The configuration of oidc-provider. */
export async function configuration(
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
        ...resourceIndicators({ resource, scopes }),
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
