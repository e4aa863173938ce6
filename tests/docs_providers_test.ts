/** The pages on providers: each program is protected, and accepts the provider's access tokens and no other tokens. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { testIssuer } from "../src/testing/mod.ts";
import { blocks, load } from "./runner/docs.ts";
import {
  type Answer,
  assertProtected,
  byFetch,
  type Site,
} from "./runner/docs_answers.ts";
import { callerOf, runOn } from "./runner/docs_callers.ts";

type Claims = Readonly<Record<string, unknown>>;

/** A page's program, and tokens in the shapes that the provider documents. */
interface Page {
  readonly issuer: string;
  readonly access: Claims;
  /** Another token of the same user at the same client: an ID token or a session. */
  readonly other: Claims;
  /** Parameters of the other token's header. */
  readonly header?: Claims;
}

const ROOT = new URL("../", import.meta.url);
const RESOURCE = "https://notes.example.com/mcp";

const PAGES: Readonly<Record<string, Page>> = {
  auth0: {
    issuer: "https://acme.eu.auth0.com/",
    access: {
      aud: [RESOURCE, "https://acme.eu.auth0.com/userinfo"],
      azp: "client",
      client_id: undefined,
      scope: "openid notes:read",
    },
    other: { aud: "client", nonce: "nonce" },
  },
  clerk: {
    issuer: "https://clerk.example.com",
    access: { scope: "openid notes:read" },
    other: { scope: "openid notes:read", sid: "sess_1" },
    header: { typ: "JWT" },
  },
  cognito: {
    issuer:
      "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123",
    access: { token_use: "access", scope: `${RESOURCE}/notes.read` },
    other: { token_use: "id", aud: "client" },
  },
  "entra-id": {
    issuer:
      "https://login.microsoftonline.com/08541b6e-646d-43de-a0eb-834e6713d6d5/v2.0",
    access: {
      aud: "835f09b6-0f0f-40cc-85cb-f32c5829a149",
      azp: "client",
      scp: "notes.read",
      ver: "2.0",
      client_id: undefined,
    },
    other: {
      aud: "835f09b6-0f0f-40cc-85cb-f32c5829a149",
      ver: "2.0",
      nonce: "nonce",
      client_id: undefined,
    },
  },
  keycloak: {
    issuer: "https://sso.example.com/realms/acme",
    access: { typ: "Bearer", azp: "client", scope: "openid notes:read" },
    other: { typ: "ID", azp: "client", scope: "openid notes:read" },
  },
  okta: {
    issuer: "https://acme.okta.com/oauth2/aus1a2b3c4d5e6f7g8h9",
    access: { cid: "client", scp: ["notes:read"], client_id: undefined },
    other: { aud: "client", idp: "00ok", client_id: undefined },
  },
  supabase: {
    issuer: "https://abcdefghijklmnopqrst.supabase.co/auth/v1",
    access: { session_id: "1", role: "authenticated", scope: "openid" },
    other: { session_id: "1", role: "authenticated", client_id: undefined },
  },
  "workos-authkit": {
    issuer: "https://acme.authkit.app",
    access: { sid: "app_consent_1", scope: "openid profile" },
    other: { aud: "client" },
  },
};

/** The pages whose program has the bridge. */
const BRIDGES = ["github", "google"];

const SECTIONS = ["The server", "The client", "Localhost", "Traps"];

const codes = new Map(
  blocks().filter(({ place }) => place.startsWith("docs/providers/"))
    .map(({ place, code }) => [place.slice("docs/providers/".length), code]),
);

test("each page has its program, and the sections that a reader looks for", () => {
  const files = globSync("docs/providers/*.md", { cwd: ROOT });
  const names = files.map((file) => /(\w[\w-]*)\.md$/.exec(file)![1]!);
  assertEquals(names.sort(), [...Object.keys(PAGES), ...BRIDGES].sort());
  const expected = names.map((name) => `${name}.md: The server`);
  assertEquals(
    [...codes.keys()].sort(),
    [...expected, "google.md: Services"].sort(),
  );
  for (const name of names) {
    const page = readFileSync(
      new URL(`docs/providers/${name}.md`, ROOT),
      "utf8",
    );
    const titles = [...page.matchAll(/^## (.+)$/gm)].map((match) => match[1]!);
    for (const title of [...SECTIONS, "Check it", "Sources"]) {
      assert(titles.includes(title), `docs/providers/${name}.md: ${title}`);
    }
  }
});

for (const place of codes.keys()) {
  test(`docs/providers/${place}: without a token 401, with a challenge that leads to the metadata`, async () => {
    await runOn(() => Promise.reject(), async () => {
      await assertProtected(await siteOf(place), RESOURCE);
    });
  });
}

for (
  const [name, { issuer: identifier, access, other, header }] of Object.entries(
    PAGES,
  )
) {
  test(`docs/providers/${name}.md: an access token is accepted, one for another resource and another kind are not`, async () => {
    const issuer = await testIssuer({ issuer: identifier, audience: RESOURCE });
    const now = Math.floor(Date.now() / 1000);
    const times = {
      iat: now,
      nbf: undefined,
      exp: now + 300,
      sub: "user-1",
      client_id: "client",
    };
    const tokens = [
      await issuer.token({ ...times, ...access }),
      await issuer.token({ ...times, ...access, aud: "https://other.example" }),
      await issuer.token({ ...times, ...other }, header),
    ];
    const answers: string[] = [];
    const lines = await runOn(issuer.platform.fetch, async () => {
      const call = callerOf(await siteOf(`${name}.md: The server`));
      for (const token of tokens) {
        answers.push(await call({ name: "whoami" }, token));
      }
    });
    assertEquals(answers[0], "You are user-1");
    for (const answer of answers.slice(1)) {
      assertStringIncludes(answer, "401 invalid_token");
    }
    const outcomes = lines.map((line) => line.split(" ")[0]);
    assertEquals(outcomes, ["accepted", "refused", "refused"]);
  });
}

for (const name of BRIDGES) {
  test(`docs/providers/${name}.md: clients find where to register`, async () => {
    await runOn(() => Promise.reject(), async () => {
      const answer = await siteOf(`${name}.md: The server`);
      const { origin } = new URL(RESOURCE);
      const found = await answer(
        new Request(`${origin}/.well-known/oauth-authorization-server`),
      );
      const { registration_endpoint } = await found.json();
      assertEquals(registration_endpoint, `${origin}/register`);
    });
  });
}

async function siteOf(place: string): Promise<Answer> {
  const secret = '"from the environment: openssl rand -base64 32"';
  const code = codes.get(place)!.replace(secret, `"${"s".repeat(32)}"`);
  return byFetch(await load<Site>(code));
}
