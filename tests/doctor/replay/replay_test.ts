import { assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import {
  CLIENT_IDS,
  type ClientId,
  CLIENTS,
} from "../../../src/doctor/clients/clients.ts";
import type { Verdict } from "../../../src/doctor/report.ts";
import {
  at,
  examineWorld,
  type Fault,
  field,
  ISSUER,
  members,
  MIRROR,
  RESOURCE_METADATA,
  ROOT_METADATA,
  says,
  SERVER_METADATA,
  URL_OF_MCP,
} from "../world.ts";

const documents = (fault: Fault): Fault[] =>
  [RESOURCE_METADATA, ROOT_METADATA].map((url) => at(url, fault));
const challenge = (value: string): Fault =>
  at(URL_OF_MCP, field("www-authenticate", value));

const LOCATED = `Bearer resource_metadata="${RESOURCE_METADATA}"`;
const ELSEWHERE = "https://elsewhere.example/metadata";

/** The clients whose way can be replayed. */
const KNOWN = CLIENT_IDS.filter((id) =>
  CLIENTS[id].resourceMetadata !== "unknown"
);

const rows: readonly (readonly [
  why: string,
  faults: readonly Fault[],
  lost: readonly ClientId[],
])[] = [
  ["no fault", [], []],
  [
    "a bare challenge, metadata at the path alone",
    [challenge("Bearer"), at(ROOT_METADATA, says(404))],
    // It looks at the root alone. The other one goes on with the MCP server, which has the mirror.
    ["python-1.19"],
  ],
  [
    "a bare challenge, metadata at the path alone, and no mirror",
    [
      challenge("Bearer"),
      at(ROOT_METADATA, says(404)),
      (request, healthy) =>
        /\/\/notes\S+(?:authorization-server|openid)/.test(request.url)
          ? new Response(null, { status: 404 })
          : healthy(request),
    ],
    [
      "typescript-1.11",
      "typescript-1.13",
      "typescript-1.15",
      "python-1.9",
      "python-1.10",
      "python-1.12",
      "python-1.19",
    ],
  ],
  [
    "the mirror is missing",
    [at(MIRROR, says(404))],
    ["typescript-1.11", "typescript-1.15", "python-1.9"],
  ],
  [
    "PKCE is not advertised",
    [
      at(
        SERVER_METADATA,
        members({ code_challenge_methods_supported: undefined }),
      ),
      at(MIRROR, members({ code_challenge_methods_supported: undefined })),
    ],
    [
      "typescript-1.11",
      "typescript-1.13",
      "typescript-1.15",
      "go-1.7",
      "chatgpt",
    ],
  ],
  [
    "the issuer calls itself otherwise",
    [at(SERVER_METADATA, members({ issuer: "https://other.example" }))],
    [
      "typescript-2.4",
      "python-2.0",
      "go-1.7",
      "codex",
      "inspector",
      "mcp-remote",
      "goose",
    ],
  ],
  [
    "resource is the origin",
    documents(members({ resource: "https://notes.example.com" })),
    // Go finds that the document at the root is the root's, and so goes on with it.
    [],
  ],
  [
    "resource has a slash that the endpoint has not",
    documents(members({ resource: `${URL_OF_MCP}/` })),
    [
      "typescript-1.13",
      "typescript-1.15",
      "typescript-1.20",
      "typescript-1.32",
      "typescript-2.4",
      "claude-code",
      "codex",
      "opencode",
      "inspector",
      "mcp-remote",
      "goose",
      "go-1.7",
    ],
  ],
  [
    "resource is another one",
    documents(members({ resource: "https://notes.example.com/other" })),
    [
      "typescript-1.13",
      "typescript-1.15",
      "typescript-1.20",
      "typescript-1.32",
      "typescript-2.4",
      "python-2.0",
      "claude-code",
      "codex",
      "opencode",
      "inspector",
      "mcp-remote",
      "goose",
      // It takes the origin for the authorization server, whose mirror has another issuer.
      "go-1.7",
    ],
  ],
  [
    "dynamic registration is off",
    [
      at(SERVER_METADATA, members({ registration_endpoint: undefined })),
      at(MIRROR, members({ registration_endpoint: undefined })),
    ],
    [
      "typescript-1.11",
      "typescript-1.13",
      "typescript-1.15",
      "typescript-1.20",
      "python-1.9",
      "python-1.10",
      "python-1.12",
      "python-1.19",
      "python-1.22",
      "opencode",
      "vscode",
      "cursor",
    ],
  ],
  [
    "only documents, and no client without a secret",
    [SERVER_METADATA, MIRROR].map((url) =>
      at(
        url,
        members({
          registration_endpoint: undefined,
          token_endpoint_auth_methods_supported: ["client_secret_basic"],
        }),
      )
    ),
    [
      "typescript-1.11",
      "typescript-1.13",
      "typescript-1.15",
      "typescript-1.20",
      "python-1.9",
      "python-1.10",
      "python-1.12",
      "python-1.19",
      "python-1.22",
      "opencode",
      "vscode",
      "cursor",
      "claude-ai",
    ],
  ],
  [
    "the challenge names another origin",
    [
      (request, healthy) =>
        healthy(
          request.url === ELSEWHERE
            ? new Request(RESOURCE_METADATA, request)
            : request,
        ),
      challenge(`Bearer resource_metadata="${ELSEWHERE}"`),
      ...documents(says(404)),
      at(`${URL_OF_MCP}/.well-known/oauth-protected-resource`, says(404)),
    ],
    ["codex", "goose"],
  ],
  [
    "the authorization server fails with 503 at its first place",
    [(request, healthy) =>
      request.url === SERVER_METADATA
        ? new Response(null, { status: 503 })
        : request.url === `${ISSUER}/.well-known/openid-configuration`
        ? healthy(new Request(SERVER_METADATA, request))
        : healthy(request)],
    KNOWN.filter((id) =>
      ![
        "typescript-1.11",
        "typescript-1.15",
        "python-1.9",
        "vscode",
        "mcp-remote",
        // It goes on after 503, and after no other failure.
        "codex",
        // What they do then is not known.
        "cursor",
        "claude-ai",
        "chatgpt",
      ]
        .includes(id)
    ),
  ],
];

for (const [why, faults, lost] of rows) {
  test(`replay() knows who does not find the sign-in: ${why}`, async () => {
    const { report } = await examineWorld(faults);
    const stopped = report.clients
      .filter(({ client, outcome }) =>
        ["stops", "guesses"].includes(outcome) && client !== "browser"
      )
      .map(({ client }) => client);
    assertEquals(stopped.sort(), [...lost].sort());
  });
}

/** What a client is not known to do, and of whom that is not known. */
const UNSURE: readonly (readonly [why: string, faults: readonly Fault[]])[] = [
  ["another resource", documents(members({ resource: `${URL_OF_MCP}/` }))],
  [
    "another issuer",
    [at(SERVER_METADATA, members({ issuer: `${ISSUER}/` }))],
  ],
  ["a challenge that begins otherwise", [challenge(`Basic, ${LOCATED}`)]],
  [
    "a challenge that leads nowhere",
    [challenge(`Bearer resource_metadata="${URL_OF_MCP}/nothing"`)],
  ],
  ["no metadata of the server", [at(SERVER_METADATA, says(404))]],
  ["a server that fails", [at(SERVER_METADATA, says(503))]],
];

for (const [why, faults] of UNSURE) {
  test(`replay() does not guess what a client without a published source does: ${why}`, async () => {
    const { report } = await examineWorld(faults);
    const unknown = report.clients
      .filter(({ outcome }) => outcome === "unknown");
    assertEquals(unknown.map(({ client }) => client), [
      "cursor",
      "claude-ai",
      "chatgpt",
    ]);
    for (const { reason } of unknown) assertMatch(reason, /not known/);
  });
}

test("replay() knows that all clients find the sign-in where nothing is unusual", async () => {
  const { report } = await examineWorld([]);
  assertEquals(new Set(report.clients.map(({ outcome }) => outcome)).size, 1);
});

test("replay() asks in each client's own order", async () => {
  const { report } = await examineWorld([challenge("Bearer")]);
  const order = (client: ClientId): string[] =>
    report.clients.find((verdict) => verdict.client === client)?.exchanges
      .map((number) => report.exchanges[number - 1]!)
      .map(({ method, url }) => `${method} ${url}`) ?? [];
  assertEquals(order("typescript-1.11"), [
    `POST ${URL_OF_MCP}`,
    `GET ${MIRROR}`,
  ]);
  assertEquals(order("typescript-1.15"), [
    `POST ${URL_OF_MCP}`,
    `GET ${RESOURCE_METADATA}`,
    "GET https://auth.example.com/.well-known/oauth-authorization-server/mcp",
    `GET ${MIRROR}`,
  ]);
  assertEquals(order("python-1.10"), [
    `POST ${URL_OF_MCP}`,
    `GET ${ROOT_METADATA}`,
    `GET ${SERVER_METADATA}`,
  ]);
  assertEquals(order("goose"), [
    `GET ${URL_OF_MCP}`,
    `GET ${RESOURCE_METADATA}`,
    `GET ${SERVER_METADATA}`,
  ]);
});

test("replay() says that a client guesses where it finds no metadata", async () => {
  const { report } = await examineWorld([at(MIRROR, says(404))]);
  const verdict = report.clients.find(({ client }) =>
    client === "typescript-1.15"
  ) as Verdict;
  assertEquals(verdict.outcome, "guesses");
  assertMatch(verdict.reason, /finds no metadata of https:\/\/auth/);
});

test("replay() says where a client stops", async () => {
  const { report } = await examineWorld([at(`POST ${URL_OF_MCP}`, says(403))]);
  const verdict = report.clients.find(({ client }) =>
    client === "vscode"
  ) as Verdict;
  assertEquals(verdict.outcome, "stops");
  assertMatch(verdict.reason, /403/);
});
