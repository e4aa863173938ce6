/**
 * What the server does while its issuer is away, and when it comes back.
 *
 * All of it happens once, to an example that is started for it, and is written down in the background, since much
 * of it is waiting. The issuer has no document but the one of OpenID Connect Discovery.
 *
 * @module
 */
import {
  assert,
  assertArrayIncludes,
  assertEquals,
  assertMatch,
} from "@std/assert";
import { RESOURCE_DOCUMENTS, SERVER_DOCUMENTS } from "./discovery.ts";
import type { Answer, Expectation, Server } from "./expectation.ts";
import { startIssuer } from "./issuer.ts";
import {
  assertChallenge,
  assertNoChallenge,
  callTool,
  json,
  toolText,
} from "./messages.ts";

/** How long the server may take to notice that something is better than it was. */
const NOTICE_SECONDS = 15;
const POLL_MILLISECONDS = 100;
const BURST = 50;
const WAVES = 5;
const KEYS = "/jwks";
const DOCUMENTS = "/.well-known/";

/** What was seen at each time. */
interface Chronicle {
  /** The issuer is away since before the server started. */
  readonly away: Promise<{
    readonly server: Server;
    readonly withoutToken: Answer;
    readonly withToken: Answer;
    readonly fromPage: Answer;
    readonly document: Answer;
    readonly mirrors: readonly Answer[];
  }>;
  /** It came back, slow at first, and many callers wait for it. */
  readonly back: Promise<{
    readonly seconds: number;
    readonly statuses: readonly number[];
    readonly keyRequests: number;
    readonly documentRequests: number;
    readonly mirror: Answer;
    readonly metadata: unknown;
  }>;
  /** It is away again, after its keys were read. */
  readonly awayAgain: Promise<{
    readonly known: Answer;
    readonly unseen: Answer;
    readonly mirror: Answer;
  }>;
  /** Many tokens came that name keys which it does not have. */
  readonly flood: Promise<{
    readonly server: Server;
    readonly answers: readonly Answer[];
    readonly keyRequests: number;
  }>;
}

const chronicles = new WeakMap<Server, Chronicle>();

export const outages: readonly Expectation[] = [
  {
    name: "outages: the server starts while its issuer is away, and challenges",
    check: async (server): Promise<void> => {
      const { server: it, withoutToken } = await chronicle(server).away;
      assertChallenge(withoutToken, it, { status: 401 });
    },
  },
  {
    name: "outages: its own document is there while its issuer is away",
    check: async (server): Promise<void> => {
      const { server: it, document } = await chronicle(server).away;
      const { resource, authorization_servers } = json(document) as {
        resource: string;
        authorization_servers: string[];
      };
      assertEquals(resource, it.resource);
      assertEquals(authorization_servers, [it.issuer.identifier]);
    },
  },
  {
    name:
      "outages: a token is 503 with Retry-After meanwhile, and not thrown away",
    check: async (server): Promise<void> => {
      const { withToken } = await chronicle(server).away;
      assertNoChallenge(withToken, 503);
      const { headers } = withToken;
      assertMatch(headers.get("retry-after") ?? "", /^[1-9]\d?$/);
      assertEquals(headers.get("cache-control"), "no-store");
      const { error } = json(withToken) as { error: string };
      assertEquals(error, "temporarily_unavailable");
    },
  },
  {
    name: "outages: a page can see the 503, and when to try again",
    check: async (server): Promise<void> => {
      const { headers, status } = (await chronicle(server).away).fromPage;
      assertEquals(status, 503);
      const origin = headers.get("access-control-allow-origin");
      assertArrayIncludes(["http://localhost:6274", "*"], [origin]);
      const exposed = headers.get("access-control-expose-headers") ?? "";
      assertMatch(exposed, /\bretry-after\b/i);
    },
  },
  {
    name:
      "outages: the mirror is 502 meanwhile, after which clients look further",
    check: async (server): Promise<void> => {
      for (const answer of (await chronicle(server).away).mirrors) {
        assertNoChallenge(answer, 502);
        assertEquals(answer.headers.get("access-control-allow-origin"), "*");
        assertEquals(answer.headers.get("cache-control"), "no-store");
        json(answer);
      }
    },
  },
  {
    name:
      `outages: tokens are taken within ${NOTICE_SECONDS} s of the issuer's return`,
    check: async (server): Promise<void> => {
      const { seconds } = await chronicle(server).back;
      assert(seconds < NOTICE_SECONDS, `${seconds} s`);
    },
  },
  {
    name:
      "outages: many callers who wait for a slow issuer are all served, or told to wait",
    check: async (server): Promise<void> => {
      const { statuses } = await chronicle(server).back;
      for (const status of statuses) assertArrayIncludes([200, 503], [status]);
      assertEquals(statuses.slice(-BURST), Array(BURST).fill(200));
    },
  },
  {
    name: "outages: they cost the issuer a handful of requests",
    check: async (server): Promise<void> => {
      const { keyRequests, documentRequests } = await chronicle(server).back;
      assert(keyRequests >= 1 && keyRequests <= 2, `${keyRequests}`);
      // The three places of one document, perhaps for the mirror and for the keys.
      assert(documentRequests <= 6, `${documentRequests}`);
    },
  },
  {
    name: "outages: an issuer that has OpenID's document alone is mirrored too",
    check: async (server): Promise<void> => {
      const { mirror, metadata } = await chronicle(server).back;
      assertEquals(json(mirror), metadata);
    },
  },
  {
    name:
      "outages: once its keys are known, tokens are taken without the issuer",
    check: async (server): Promise<void> => {
      const { known, unseen } = await chronicle(server).awayAgain;
      toolText(known);
      toolText(unseen);
    },
  },
  {
    name: "outages: once it is known, the mirror is there without the issuer",
    check: async (server): Promise<void> => {
      const { metadata } = await chronicle(server).back;
      const { mirror } = await chronicle(server).awayAgain;
      assertEquals(json(mirror), metadata);
    },
  },
  {
    name:
      `outages: ${BURST} tokens with unknown keys are refused, and cost one request at most`,
    check: async (server): Promise<void> => {
      const { server: it, answers, keyRequests } = await chronicle(server)
        .flood;
      for (const answer of answers) {
        const expected = { status: 401, error: "invalid_token" } as const;
        assertChallenge(answer, it, expected);
      }
      assert(keyRequests <= 1, `${keyRequests}`);
    },
  },
];

/** What happens in one run, begun when it is first asked for. Each part begins when the one before it has ended. */
export function chronicle(server: Server): Chronicle {
  const known = chronicles.get(server);
  if (known !== undefined) return known;
  const away = watchAway(server);
  const back = away.then((before) => watchBack(before.server));
  const again = back.then(async ({ token }) =>
    watchAwayAgain((await away).server, token)
  );
  const flood = again.then(async () => watchFlood((await away).server));
  const written: Chronicle = { away, back, awayAgain: again, flood };
  // Whoever asks for a part is told of its failure.
  for (const part of Object.values(written)) part.catch(() => {});
  chronicles.set(server, written);
  return written;
}

type Seen<Name extends keyof Chronicle> = Awaited<Chronicle[Name]>;

async function watchAway(first: Server): Promise<Seen<"away">> {
  const issuer = await startIssuer({
    document: "openid-configuration",
    algorithms: ["ES256"],
  });
  await issuer.turnOff();
  const server = await first.startAnother(issuer);
  const token = await server.token("");
  const headers = { origin: "http://localhost:6274" };
  return {
    server,
    withoutToken: await callTool(server, "whoami"),
    withToken: await callTool(server, "whoami", { token }),
    fromPage: await callTool(server, "whoami", { token, headers }),
    document: await server.fetch(RESOURCE_DOCUMENTS[0]!),
    mirrors: await Promise.all(
      SERVER_DOCUMENTS.map((path) => server.fetch(path)),
    ),
  };
}

async function watchBack(
  server: Server,
): Promise<Seen<"back"> & { readonly token: string }> {
  const { issuer } = server;
  const token = await server.token("");
  issuer.delay(300);
  await issuer.turnOn();
  const started = performance.now();
  const statuses: number[] = [];
  let seconds = 0;
  do {
    const answers = await Promise.all(
      Array.from(
        { length: BURST },
        () => callTool(server, "whoami", { token }),
      ),
    );
    statuses.push(...answers.map(({ status }) => status));
    seconds = (performance.now() - started) / 1000;
    await pause();
  } while (
    seconds < NOTICE_SECONDS &&
    statuses.slice(-BURST).some((status) => status !== 200)
  );
  const keyRequests = issuer.requests(KEYS);
  const mirror = await server.fetch(SERVER_DOCUMENTS[0]!);
  issuer.delay(0);
  return {
    token,
    seconds,
    statuses,
    keyRequests,
    documentRequests: issuer.requests(DOCUMENTS),
    mirror,
    metadata: issuer.metadata,
  };
}

async function watchAwayAgain(
  server: Server,
  token: string,
): Promise<Seen<"awayAgain">> {
  const unseen = await server.token("");
  await server.issuer.turnOff();
  const seen = {
    known: await callTool(server, "whoami", { token }),
    unseen: await callTool(server, "whoami", { token: unseen }),
    mirror: await server.fetch(SERVER_DOCUMENTS[0]!),
  };
  await server.issuer.turnOn();
  return seen;
}

/** In waves, since a server may well let those that come together share one request. */
async function watchFlood(server: Server): Promise<Seen<"flood">> {
  const before = server.issuer.requests(KEYS);
  const answers: Answer[] = [];
  for (let wave = 0; wave < WAVES; wave++) {
    answers.push(
      ...await Promise.all(
        Array.from({ length: BURST / WAVES }, async (_, i) => {
          const kid = `unknown-${wave}-${i}`;
          const token = await server.token("", { header: { kid } });
          return await callTool(server, "whoami", { token });
        }),
      ),
    );
  }
  const keyRequests = server.issuer.requests(KEYS) - before;
  return { server, answers, keyRequests };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
}
