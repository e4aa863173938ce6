import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import {
  type Notes,
  TIMEOUT_MILLISECONDS as timeout,
  withNotes,
} from "./notes.ts";
import { INSECURE, oauth } from "./oauth4webapi.ts";
import { callTool, challengesOf, discover, logIn } from "./strict_client.ts";

/** Whether oauth4webapi accepts a token. */
async function isAccepted(notes: Notes, token: string): Promise<boolean> {
  const as = await discover(notes.issuer);
  const request = new Request(notes.resource, {
    headers: { authorization: `Bearer ${token}` },
  });
  return await oauth.validateJwtAccessToken(
    as,
    request,
    notes.resource,
    INSECURE,
  ).then(() => true, () => false);
}

/** Where a resource is, and where RFC 9728 §3.1 puts its metadata. */
const PATHS = [
  ["/mcp", "/.well-known/oauth-protected-resource/mcp"],
  ["/mcp/", "/.well-known/oauth-protected-resource/mcp/"],
  ["/a/b", "/.well-known/oauth-protected-resource/a/b"],
  ["/", "/.well-known/oauth-protected-resource"],
  ["", "/.well-known/oauth-protected-resource"],
] as const;

for (const [path, metadataPath] of PATHS) {
  test(
    `oauth4webapi finds the metadata of a resource at "${path}" where RFC 9728 says, and takes it`,
    { timeout },
    () =>
      withNotes(async (notes) => {
        const resource = new URL(notes.resource);
        const metadata = await oauth.processResourceDiscoveryResponse(
          resource,
          await oauth.resourceDiscoveryRequest(resource, INSECURE),
        );
        assertEquals(metadata.resource, notes.resource);
        assertEquals(metadata.authorization_servers, [notes.issuer]);
        assertEquals(notes.take(), [`GET ${metadataPath} 200`]);
      }, { path }),
  );
}

test(
  "oauth4webapi takes the mirror for the issuer's document, and for nobody else's",
  {
    timeout,
  },
  () =>
    withNotes(async (notes) => {
      const mirror = (): Promise<Response> =>
        oauth.discoveryRequest(new URL(notes.origin), {
          ...INSECURE,
          algorithm: "oauth2",
        });
      const metadata = await oauth.processDiscoveryResponse(
        new URL(notes.issuer),
        await mirror(),
      );
      assertEquals(metadata, await discover(notes.issuer));
      const response = await mirror();
      await assertRejects(
        () => oauth.processDiscoveryResponse(new URL(notes.origin), response),
        Error,
        '"response" body "issuer" property does not match the expected value',
      );
    }),
);

/** Why a challenge is given, with which token, and what it says. */
const CHALLENGES: readonly (readonly [
  why: string,
  scope: string | undefined,
  tool: string,
  status: number,
  parameters: Readonly<Record<string, string>>,
])[] = [
  ["no token", undefined, "whoami", 401, { scope: "notes:read" }],
  ["a bad token", "", "whoami", 401, {
    error: "invalid_token",
    scope: "notes:read",
  }],
  ["too little scope", "notes:read", "add_note", 403, {
    error: "insufficient_scope",
    scope: "notes:write",
  }],
];

for (const [why, scope, tool, status, expected] of CHALLENGES) {
  test(
    `oauth4webapi reads the challenge for ${why}`,
    { timeout },
    () =>
      withNotes(async (notes) => {
        const token = scope
          ? (await logIn(notes, scope)).access_token
          : scope === undefined
          ? undefined
          : "a.b.c";
        const refused = await challengesOf(callTool(notes, token, tool));
        assertEquals(refused.status, status);
        const [challenge, ...others] = refused.cause;
        assertEquals([challenge?.scheme, others], ["bearer", []]);
        const { error_description, ...parameters } = challenge!.parameters;
        assertEquals(error_description === undefined, !("error" in expected));
        assertEquals(parameters, {
          ...expected,
          resource_metadata:
            `${notes.origin}/.well-known/oauth-protected-resource/mcp`,
        });
      }),
  );
}

test(
  "oauth4webapi accepts and refuses the tokens that the resource accepts and refuses",
  {
    timeout,
  },
  () =>
    withNotes(async (notes) => {
      const tokens = await logIn(notes, "openid notes:read");
      const [header, payload, signature] = tokens.access_token.split(".");
      const { id_token } = tokens;
      assert(id_token !== undefined);
      const rows: readonly (readonly [why: string, string, string])[] = [
        ["as it was issued", tokens.access_token, "accepted"],
        [
          "with another payload",
          [header, id_token.split(".")[1], signature].join("."),
          "wrong_audience",
        ],
        ["with no signature", `${header}.${payload}.`, "malformed_token"],
        ["an ID token", id_token, "wrong_audience"],
      ];
      for (const [why, token, expected] of rows) {
        assertEquals(await notes.judge(token), expected, why);
        const accepted = await isAccepted(notes, token);
        assertEquals(accepted, expected === "accepted", why);
      }
    }),
);
