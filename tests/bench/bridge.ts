/**
 * What the bridge costs: `/authorize` and `/token` beside one encryption by jose, and a request with the bridge's token
 * beside one with another issuer's. The provider is in memory and signs an ID token for each of its responses; that cost
 * is part of `/token`, so it has a row of its own.
 *
 * @module
 */
import { CompactEncrypt } from "jose";
import { type Handler, protectResource } from "../../mod.ts";
import {
  authorizePath,
  clientId,
  flow,
  REDIRECT_URI,
  send,
  token as requestToken,
  VERIFIER,
  world,
} from "../bridge/world.ts";
import { expectStatus, measure, report, type Variant } from "./measure.ts";
import {
  answer,
  forged,
  guard,
  METADATA,
  requestWith,
  RESOURCE,
  sign,
} from "./subject.ts";

/** More than the rounds need, since each code can be redeemed once. */
const CODES = 3000;
const SEAL = "one encryption by jose, and nothing else";
const OTHER_ISSUER = "guarded, another issuer's token";

const key = await crypto.subtle.generateKey(
  { name: "AES-GCM", length: 256 },
  false,
  ["encrypt"],
);
const plaintext = new TextEncoder().encode(
  JSON.stringify({ value: "x".repeat(300) }),
);

const here = world({ resources: [RESOURCE] });
const { bridge, provider } = here;
const upstream: { url: string; init: RequestInit }[] = [];
const recording = here.instance({
  platform: {
    now: here.now,
    fetch(url, init): Promise<Response> {
      upstream.push({ url, init });
      return provider.fetch(url, init);
    },
  },
});
// The same refresh token is then good for every request.
provider.rotates = false;

const client_id = await clientId(bridge);
const path = authorizePath({ client_id, resource: RESOURCE });
const login = { client_id, parameters: { resource: RESOURCE } };

const codes: string[] = [];
for (let i = 0; i < CODES; i++) codes.push((await flow(here, login)).code);

const first = await (await redeem()).json();
const access_token: string = first.access_token;
let refresh_token: string = first.refresh_token;
await expectStatus(
  200,
  requestToken(recording, {
    grant_type: "refresh_token",
    client_id,
    refresh_token,
  }),
);
const refreshing = upstream.findLast(({ url }) => url.endsWith("/token"))!;

const token = await sign();
const ordinary = guard();
const options = {
  metadata: { ...METADATA, authorization_servers: [bridge.issuer] },
  platform: { now: here.now },
  verifyAccessToken: bridge.verifyAccessToken,
};
const bridged = protectResource(answer, options);
const calling = protectResource(async (_request, { authInfo }) => {
  const upstreamToken = await bridge.upstreamToken(authInfo);
  if (upstreamToken === undefined) throw new Error("Cannot open the token");
  return answer();
}, options);

report(
  await measure([
    {
      name: SEAL,
      run: () =>
        new CompactEncrypt(plaintext)
          .setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(key),
    },
    {
      name: "the provider in memory, and nothing else",
      run: respond,
      check: () => expectStatus(200, respond()),
    },
    {
      name: "/authorize, the consent page",
      run: () => expectStatus(200, send(bridge, path)),
      async check(): Promise<void> {
        await expectStatus(200, send(bridge, path));
        const other = authorizePath({
          client_id: forged(client_id),
          resource: RESOURCE,
        });
        await expectStatus(400, send(bridge, other));
      },
    },
    {
      name: "/token, a code",
      run: () => expectStatus(200, redeem()),
      async check(): Promise<void> {
        const used = codes.at(-1)!;
        await expectStatus(200, redeem());
        await expectStatus(400, redeem(used));
      },
    },
    {
      name: "/token, a refresh token",
      run: refresh,
      async check(): Promise<void> {
        await refresh();
        await expectStatus(
          400,
          requestToken(bridge, {
            grant_type: "refresh_token",
            client_id,
            refresh_token: forged(refresh_token),
          }),
        );
      },
    },
    guarded(OTHER_ISSUER, ordinary, token),
    guarded("guarded, the bridge's token", bridged, access_token),
    guarded(
      "guarded, and the provider's token decrypted",
      calling,
      access_token,
    ),
  ]),
);

function respond(): Promise<Response> {
  return provider.fetch(refreshing.url, refreshing.init);
}

function redeem(code = codes.pop()): Promise<Response> {
  if (code === undefined) throw new Error("Cannot compare: no codes left");
  return requestToken(bridge, {
    grant_type: "authorization_code",
    client_id,
    code,
    code_verifier: VERIFIER,
    redirect_uri: REDIRECT_URI,
    resource: RESOURCE,
  });
}

/** Uses the newest refresh token, as a client does. */
async function refresh(): Promise<void> {
  const response = await requestToken(bridge, {
    grant_type: "refresh_token",
    client_id,
    refresh_token,
  });
  ({ refresh_token } = await response.json());
  if (refresh_token === undefined) {
    throw new Error(`Cannot compare: ${response.status}`);
  }
}

function guarded(name: string, handle: Handler, token: string): Variant {
  return {
    name,
    base: OTHER_ISSUER,
    run: () => handle(requestWith(token)),
    async check(): Promise<void> {
      await expectStatus(200, handle(requestWith(token)));
      await expectStatus(401, handle(requestWith(forged(token))));
    },
  };
}
