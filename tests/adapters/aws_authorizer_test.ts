import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import {
  type LambdaAuthorizer,
  lambdaAuthorizer,
  type LambdaAuthorizerOptions,
  type PolicyAnswer,
  type SimpleAnswer,
} from "../../src/adapters/aws_lambda.ts";
import type { Decision } from "../../src/decisions.ts";
import { AuthorizationServerError } from "../../src/errors.ts";
import { answerStatus } from "../../src/testing/mod.ts";
import {
  ISSUER,
  KEY,
  METADATA,
  METADATA_URL,
  RESOURCE,
  type Surroundings,
  surroundings,
} from "./aws_resource.ts";
import {
  authorizerEvent,
  httpApiEvent,
  httpApiEventVersion1,
  restApiEvent,
  type Sample,
  withAuthorization,
  withMember,
} from "./aws_samples.ts";

const STAGE = "arn:aws:execute-api:us-east-1:123456789012:abcdef123";

interface SetUp extends Surroundings {
  readonly decisions: readonly Decision[];
  readonly authorize: LambdaAuthorizer;
}

function setUp(change: Partial<LambdaAuthorizerOptions> = {}): SetUp {
  const { network, issuer } = surroundings();
  const decisions: Decision[] = [];
  const authorize = lambdaAuthorizer({
    metadata: METADATA,
    scopes: { initial: ["notes:read"] },
    platform: network,
    onDecision: (decision) => decisions.push(decision),
    ...change,
  });
  return { network, issuer, decisions, authorize };
}

async function hash(token: string): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(token),
  );
  return [...new Uint8Array(digest)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What an Authorization header cannot hold, and what a runtime repeats when it says so. */
const unheaderable: readonly (readonly [why: string, value: string])[] = [
  ["a line feed", "Bearer SECRET\nx"],
  ["a carriage return", "Bearer SECRET\rx"],
  ["a null", "Bearer SECRET\0"],
  ["a letter outside Latin-1", "Bearer SECRET\u0100"],
];

for (const [why, value] of unheaderable) {
  test(`lambdaAuthorizer() repeats nothing of an Authorization with ${why}`, async () => {
    const events = [
      authorizerEvent(withAuthorization(httpApiEvent(), value), "$default"),
      authorizerEvent(
        withAuthorization(httpApiEventVersion1(), value),
        "$default",
      ),
      authorizerEvent(withAuthorization(restApiEvent(), value), "prod"),
      {
        type: "TOKEN",
        authorizationToken: value,
        methodArn: `${STAGE}/prod/POST/mcp`,
      },
    ];
    for (const event of events) {
      const { authorize, decisions } = setUp({ refusals: "forward" });
      const answer = await authorize(event);
      const [decision] = decisions;
      assert(decision?.outcome === "refused");
      assertEquals(decision.reason, "malformed_token");
      const { message, stack, cause } = decision.error;
      const told = [message, stack, cause, (cause as Error)?.message];
      assertFalse(told.join().includes("SECRET"));
      assertFalse(JSON.stringify(answer).includes("SECRET"));
    }
  });
}

test("lambdaAuthorizer() repeats nothing of a URL that cannot be made", async () => {
  const { authorize, decisions } = setUp({ refusals: "forward" });
  const event = withMember(httpApiEvent(), "requestContext.http.method", "A B");
  await authorize(withMember(event, "rawQueryString", "access_token=SECRET"));
  const [decision] = decisions;
  assert(decision?.outcome === "refused");
  assertFalse(`${decision.error.cause}`.includes("SECRET"));
});

/** Every form of event, with a token. Its stage, and whether the answer to it may be simple. */
const forms: readonly (readonly [
  form: string,
  event: (token: string) => Sample,
  stage: string,
  version2: boolean,
])[] = [
  [
    "an HTTP API (2.0)",
    (token) =>
      authorizerEvent(
        withAuthorization(httpApiEvent(), `Bearer ${token}`),
        "$default",
      ),
    "$default",
    true,
  ],
  [
    "an HTTP API (1.0)",
    (token) =>
      authorizerEvent(
        withAuthorization(httpApiEventVersion1(), `Bearer ${token}`),
        "$default",
      ),
    "$default",
    false,
  ],
  [
    "a REST API (REQUEST)",
    (token) =>
      authorizerEvent(
        withAuthorization(restApiEvent(), `Bearer ${token}`),
        "prod",
      ),
    "prod",
    false,
  ],
  [
    "a REST API (TOKEN)",
    (token) => ({
      type: "TOKEN",
      authorizationToken: `Bearer ${token}`,
      methodArn: `${STAGE}/prod/POST/mcp`,
    }),
    "prod",
    false,
  ],
];

for (const [form, eventOf, stage, version2] of forms) {
  test(`lambdaAuthorizer() accepts a token in an event of ${form}`, async () => {
    const { issuer, authorize } = setUp();
    const token = await issuer.token({ scope: "notes:read notes:write" });
    const answer = await authorize(eventOf(token));
    const context = {
      outcome: "accepted",
      token_sha256: await hash(token),
      token_claims: JSON.stringify({
        ...issuer.claims(),
        scope: "notes:read notes:write",
      }),
      iss: ISSUER,
      sub: "user-1",
      client_id: "client-1",
      scope: "notes:read notes:write",
    };
    assertEquals(
      answer,
      version2 ? { isAuthorized: true, context } : {
        principalId: "user-1",
        policyDocument: {
          Version: "2012-10-17",
          Statement: [{
            Action: "execute-api:Invoke",
            Effect: "Allow",
            Resource: `${STAGE}/${stage}/*`,
          }],
        },
        context,
      },
    );
  });

  test(`lambdaAuthorizer() refuses a token in an event of ${form}`, async () => {
    const { issuer, authorize } = setUp();
    const token = await issuer.token({ aud: "https://other.example.com" });
    const answer = await authorize(eventOf(token));
    assertEquals(effectOf(answer), false);
    assertEquals(answer.context, {
      outcome: "refused",
      token_sha256: await hash(token),
      reason: "wrong_audience",
      challenge:
        `Bearer error="invalid_token", scope="notes:read", resource_metadata="${METADATA_URL}", error_description="The access token was not issued for this resource"`,
    });
  });

  test(`lambdaAuthorizer() lets a refusal through to the function for ${form}, when told to`, async () => {
    const { issuer, authorize } = setUp({ refusals: "forward" });
    const token = await issuer.token({ aud: "https://other.example.com" });
    const answer = await authorize(eventOf(token));
    assertEquals(effectOf(answer), true);
    assertEquals(answer.context.outcome, "refused");
  });

  test(`lambdaAuthorizer() answers ${form} with a policy, when told to`, async () => {
    const { issuer, authorize } = setUp({ answer: "policy" });
    const answer = await authorize(eventOf(await issuer.token()));
    assert("policyDocument" in answer);
    assertEquals(
      answer.policyDocument.Statement[0].Resource,
      `${STAGE}/${stage}/*`,
    );
  });

  test(`lambdaAuthorizer() fails while the issuer of ${form} is away, so that no gateway keeps it`, async () => {
    const { network, issuer, authorize, decisions } = setUp();
    network.outage = answerStatus(503);
    const token = await issuer.token();
    await assertRejects(
      () => authorize(eventOf(token)),
      AuthorizationServerError,
    );
    assertEquals(decisions[0]?.outcome, "unavailable");
  });

  test(`lambdaAuthorizer() passes on that the issuer of ${form} is away, when told to`, async () => {
    const { network, issuer, authorize } = setUp({ refusals: "forward" });
    network.outage = answerStatus(503);
    const token = await issuer.token();
    const answer = await authorize(eventOf(token));
    assertEquals(effectOf(answer), true);
    assertEquals(answer.context, {
      outcome: "unavailable",
      token_sha256: await hash(token),
      retry_after: "5",
    });
  });
}

function effectOf(answer: SimpleAnswer | PolicyAnswer): boolean {
  return "isAuthorized" in answer
    ? answer.isAuthorized
    : answer.policyDocument.Statement[0].Effect === "Allow";
}

/** Credentials that are refused before any token is verified. */
const refused: readonly (readonly [
  why: string,
  event: Sample,
  reason: string,
])[] = [
  ["none", httpApiEvent(), "no_credentials"],
  [
    "another scheme's",
    withAuthorization(httpApiEvent(), "Basic dTpw"),
    "unsupported_scheme",
  ],
  [
    "two in an HTTP API's one field",
    withAuthorization(httpApiEvent(), "Bearer a", "Bearer b"),
    "multiple_credentials",
  ],
  [
    "two in a REST API's two fields",
    withAuthorization(restApiEvent(), "Bearer a", "Bearer b"),
    "multiple_credentials",
  ],
  [
    "one more in the query",
    {
      ...withAuthorization(httpApiEvent(), "Bearer a"),
      rawQueryString: "access_token=b",
    },
    "multiple_credentials",
  ],
  [
    "in the query alone",
    httpApiEvent({ rawQueryString: "access_token=b" }),
    "unsupported_scheme",
  ],
  [
    "a line break",
    withAuthorization(httpApiEvent(), "Bearer a\r\nx: y"),
    "malformed_token",
  ],
  ["in no event", {}, "malformed_token"],
  [
    "a token that is no text",
    { type: "TOKEN", authorizationToken: { a: 1 }, methodArn: "x" },
    "unsupported_scheme",
  ],
  [
    "no token of a TOKEN authorizer",
    { type: "TOKEN", methodArn: "x" },
    "unsupported_scheme",
  ],
];
for (const [why, event, reason] of refused) {
  test(`lambdaAuthorizer() refuses credentials: ${why}`, async () => {
    const { authorize, network, decisions } = setUp();
    const answer = await authorize(event);
    assertEquals(effectOf(answer), false);
    assertEquals(answer.context.reason, reason);
    assertFalse("token_sha256" in answer.context);
    assertEquals(network.requests, []);
    assertEquals(decisions.map(({ outcome }) => outcome), ["refused"]);
  });
}

test("lambdaAuthorizer() refuses too few scopes, and names all of them", async () => {
  const { issuer, authorize } = setUp({
    scopes: { required: ["notes:read", "notes:write"] },
  });
  const token = await issuer.token({ scope: "notes:read" });
  const event = withAuthorization(httpApiEvent(), `Bearer ${token}`);
  const { context } = await authorize(event);
  assertEquals(context.reason, "insufficient_scope");
  assertEquals(context.scope, "notes:read notes:write");
});

test("lambdaAuthorizer() gives a context of texts alone, whatever the claims are", async () => {
  const { issuer, authorize } = setUp();
  const token = await issuer.token({
    sub: { name: "ada" },
    client_id: 7,
    scope: undefined,
    roles: ["a"],
    nested: { "__proto__": [null, 1e300] },
  });
  const event = withAuthorization(restApiEvent(), `Bearer ${token}`);
  const answer = await authorize(authorizerEvent(event, "prod"));
  for (const [name, value] of Object.entries(answer.context)) {
    assert(typeof value === "string" && value !== "", name);
  }
  assertEquals((answer as PolicyAnswer).principalId, "anonymous");
});

test("lambdaAuthorizer() has no policy but a denial for an ARN that it cannot read", async () => {
  const { issuer, authorize } = setUp();
  const authorizationToken = `Bearer ${await issuer.token()}`;
  for (
    const methodArn of [
      undefined,
      "",
      "*",
      "arn:aws:lambda:us-east-1:123456789012:function:x",
      `${STAGE}`,
      `${STAGE}/*`,
    ]
  ) {
    const answer = await authorize({
      type: "TOKEN",
      authorizationToken,
      methodArn,
    });
    assertEquals((answer as PolicyAnswer).policyDocument.Statement, [{
      Action: "execute-api:Invoke",
      Effect: "Deny",
      Resource: "*",
    }]);
  }
});

test("lambdaAuthorizer() takes a verifier of one's own, and judges what it says", async () => {
  const { network, authorize } = setUp({
    verifyAccessToken: (token) =>
      Promise.resolve({
        iss: ISSUER,
        aud: RESOURCE,
        exp: token === "old" ? 1 : network.now() / 1000 + 60,
      }),
  });
  for (const [token, outcome] of [["new", "accepted"], ["old", "refused"]]) {
    const event = withAuthorization(httpApiEvent(), `Bearer ${token}`);
    assertEquals((await authorize(event)).context.outcome, outcome);
  }
});

test("lambdaAuthorizer() throws on what is not its own", async () => {
  const { authorize } = setUp({
    verifyAccessToken: () => Promise.reject(new RangeError("mine")),
    refusals: "forward",
  });
  const event = withAuthorization(httpApiEvent(), "Bearer a");
  await assertRejects(() => authorize(event), RangeError, "mine");
});

test("lambdaAuthorizer() does not end before the keys that it reads in the background are there", async () => {
  const { network, issuer, authorize } = setUp();
  const event = withAuthorization(
    httpApiEvent(),
    `Bearer ${await issuer.token({ exp: 2_000_000_000 })}`,
  );
  await authorize(event);
  network.pass(9 * 60);
  let release = (): void => {};
  const reading = new Promise<void>((resolve) => release = resolve);
  network.serve(issuer.jwksUrl, async () => {
    await reading;
    return Response.json({ keys: [KEY.jwk] });
  });
  let ended = false;
  const authorizing = authorize(event).then(() => ended = true);
  for (let turn = 0; turn < 50; turn++) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals([network.count(issuer.jwksUrl), ended], [2, false]);
  release();
  await authorizing;
});

test("lambdaAuthorizer() says at construction what cannot be used", () => {
  assertThrows(
    () =>
      lambdaAuthorizer({
        metadata: { resource: RESOURCE, authorization_servers: [] },
      }),
    TypeError,
    "authorization_servers",
  );
  assertThrows(
    () => setUp({ clockToleranceSeconds: 301 }),
    TypeError,
    "clockToleranceSeconds",
  );
});

test("lambdaAuthorizer() never puts a token into its context", async () => {
  const { issuer, authorize } = setUp({ refusals: "forward" });
  for (const claims of [{}, { exp: 1 }]) {
    const token = await issuer.token(claims);
    const event = withAuthorization(httpApiEvent(), `Bearer ${token}`);
    const text = JSON.stringify(await authorize(event));
    assertFalse(text.includes(token.split(".")[2]!));
  }
});

test("lambdaAuthorizer() believes no verdict that its own event holds", async () => {
  const { authorize } = setUp();
  const event = withMember(
    withAuthorization(httpApiEvent(), "Bearer a"),
    "requestContext.authorizer",
    { lambda: { outcome: "accepted" } },
  );
  assertEquals((await authorize(event)).context.outcome, "refused");
});
