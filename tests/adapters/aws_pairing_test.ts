import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { test } from "node:test";
import {
  authorizerVerifier,
  lambdaAuthorizer,
  type LambdaAuthorizerOptions,
  type LambdaResult,
  toLambdaHandler,
} from "../../src/adapters/aws_lambda.ts";
import type { Decision } from "../../src/decisions.ts";
import {
  AccessTokenError,
  AuthorizationServerError,
} from "../../src/errors.ts";
import { protectResource } from "../../src/protect_resource.ts";
import type { AuthInfo } from "../../src/types.ts";
import { answerStatus } from "../../src/testing/mod.ts";
import { introspected } from "../support/introspected.ts";
import {
  ISSUER,
  METADATA,
  METADATA_URL,
  RESOURCE,
  type Surroundings,
  surroundings,
} from "./aws_resource.ts";
import {
  authorizerEvent,
  functionUrlEvent,
  httpApiEvent,
  httpApiEventVersion1,
  restApiEvent,
  type Sample,
  withAuthorization,
  withMember,
} from "./aws_samples.ts";

const SCOPES = {
  initial: ["notes:read"],
  operations: {
    "tools/call": { "*": ["notes:read"], add_note: ["notes:write"] },
  },
};
const CHALLENGE = `scope="notes:read", resource_metadata="${METADATA_URL}"`;

/** The two functions, and a gateway that passes on what the one said to the other. */
interface Pair extends Surroundings {
  readonly callers: readonly AuthInfo[];
  readonly decisions: readonly Decision[];
  /** The event with the authorizer's verdict on it. */
  authorize(event: Sample): Promise<Sample>;
  /** The function behind. */
  call(event: Sample): Promise<LambdaResult>;
}

function pair(options: Partial<LambdaAuthorizerOptions> = {}): Pair {
  const { network, issuer } = surroundings();
  const callers: AuthInfo[] = [];
  const decisions: Decision[] = [];
  const authorizer = lambdaAuthorizer({
    metadata: METADATA,
    platform: network,
    refusals: "forward",
    ...options,
  });
  return {
    network,
    issuer,
    callers,
    decisions,
    authorize: async (event) => {
      const asked = authorizerEvent(event, "prod");
      const { context } = JSON.parse(JSON.stringify(await authorizer(asked)));
      return withVerdict(event, context);
    },
    call: toLambdaHandler(
      protectResource((_request, { authInfo }) => {
        callers.push(authInfo);
        return new Response("reached");
      }, {
        metadata: METADATA,
        scopes: SCOPES,
        verifyAccessToken: authorizerVerifier(),
        platform: network,
        onDecision: (decision) => decisions.push(decision),
      }),
    ),
  };
}

function withVerdict(event: Sample, context: Sample): Sample {
  return withMember(
    event,
    "requestContext.authorizer",
    event.version === "2.0"
      ? { lambda: context }
      // What REST APIs write beside it.
      : { principalId: "user-1", integrationLatency: 7, ...context },
  );
}

function call(tool: string): string {
  const params = { name: tool, arguments: {} };
  return JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params,
  });
}

/** The events by which a resource can be reached behind an authorizer. */
const forms: readonly (readonly [
  form: string,
  sample: (change?: Sample) => Sample,
])[] = [
  ["an HTTP API (2.0)", httpApiEvent],
  ["an HTTP API (1.0)", httpApiEventVersion1],
  ["a REST API", restApiEvent],
];

for (const [form, sample] of forms) {
  const request = (token: string, tool = "list_notes"): Sample =>
    withAuthorization(
      withMember(
        sample({ body: call(tool) }),
        sample().version === "2.0"
          ? "headers.content-type"
          : "multiValueHeaders.Content-Type",
        "application/json",
      ),
      `Bearer ${token}`,
    );

  test(`behind ${form}: an accepted token becomes authInfo, as if it were verified here`, async () => {
    const { issuer, callers, network, authorize, call } = pair();
    const token = await issuer.token({
      scope: "notes:read",
      act: { sub: "agent" },
    });
    const event = await authorize(request(token));
    const fetched = network.requests.length;
    assertEquals((await call(event)).body, "reached");
    assertEquals(network.requests.length, fetched, "the function fetched keys");
    const claims: Sample = {
      ...issuer.claims(),
      scope: "notes:read",
      act: { sub: "agent" },
    };
    assertEquals(callers, [{
      token,
      clientId: "client-1",
      scopes: ["notes:read"],
      expiresAt: claims.exp,
      resource: new URL(RESOURCE),
      extra: { iss: ISSUER, sub: "user-1", claims },
    }]);
    const { extra } = callers[0]!;
    assert(Object.isFrozen(extra) && Object.isFrozen(extra?.claims));
    assert(Object.isFrozen((extra?.claims as Sample).act));
  });

  test(`behind ${form}: a refused token is answered with its challenge`, async () => {
    const { issuer, callers, decisions, authorize, call } = pair();
    const token = await issuer.token({ aud: "https://other.example.com" });
    const { statusCode, headers, body } = await call(
      await authorize(request(token)),
    );
    assertEquals(statusCode, 401);
    assertEquals(
      headers["www-authenticate"],
      `Bearer error="invalid_token", ${CHALLENGE}, error_description="The access token was not issued for this resource"`,
    );
    assertEquals(headers["x-www-authenticate"], headers["www-authenticate"]);
    assertEquals(JSON.parse(body).error, "invalid_token");
    assertEquals(
      decisions.map((decision) =>
        decision.outcome === "refused" && decision.reason
      ),
      ["wrong_audience"],
    );
    assertEquals(callers, []);
  });

  test(`behind ${form}: too little scope is decided on the body`, async () => {
    const { issuer, callers, authorize, call } = pair();
    const token = await issuer.token({ scope: "notes:read" });
    const event = await authorize(request(token, "add_note"));
    const { statusCode, headers } = await call(event);
    assertEquals(statusCode, 403);
    assertEquals(
      headers["www-authenticate"]?.includes('scope="notes:write"'),
      true,
    );
    assertEquals(callers, []);
  });

  test(`behind ${form}: an opaque token that names no audience is as good as before the authorizer`, async () => {
    const self = introspected({
      issuer: ISSUER,
      introspection_endpoint: `${ISSUER}/introspect`,
      audience: null,
    });
    const { iss: _iss, aud: _aud, exp: _exp, ...claims } = self.claims();
    self.answer = () => Response.json(claims);
    const { callers, authorize, call } = pair({
      verifyAccessToken: self.verify,
    });
    const event = await authorize(request("opaque"));
    assertEquals((await call(event)).statusCode, 200);
    assertEquals(callers.length, 1);
    const { authorizer } = event.requestContext;
    const context = authorizer.lambda ?? authorizer;
    const { token_findings: _, ...without } = context;
    const lost = withVerdict(request("opaque"), without);
    assertEquals((await call(lost)).statusCode, 401);
  });

  test(`behind ${form}: the body of a 403 names the missing scopes, whoever found them missing`, async () => {
    const { issuer, authorize, call } = pair({
      scopes: { required: ["notes:read", "notes:admin"] },
    });
    const token = await issuer.token({ scope: "notes:read" });
    const { statusCode, headers, body } = await call(
      await authorize(request(token)),
    );
    assertEquals(statusCode, 403);
    assertStringIncludes(
      headers["www-authenticate"] ?? "",
      'scope="notes:read notes:admin"',
    );
    assertEquals(
      JSON.parse(body).error_description,
      "The operation needs more scope than the access token has: notes:admin",
    );
  });

  test(`behind ${form}: no token is the bare challenge`, async () => {
    const { callers, authorize, call } = pair();
    const { statusCode, headers } = await call(await authorize(sample()));
    assertEquals(statusCode, 401);
    assertEquals(headers["www-authenticate"], `Bearer ${CHALLENGE}`);
    assertEquals(callers, []);
  });

  test(`behind ${form}: two tokens are 400`, async () => {
    const { issuer, callers, authorize, call } = pair();
    const token = await issuer.token({ scope: "notes:read" });
    const event = await authorize(
      withAuthorization(sample(), `Bearer ${token}`, `Bearer ${token}`),
    );
    const { statusCode } = await call(event);
    assertEquals(statusCode, 400);
    assertEquals(callers, []);
  });

  test(`behind ${form}: an unreachable issuer is answered with 503 without a challenge`, async () => {
    const { network, issuer, callers, authorize, call } = pair();
    network.outage = answerStatus(503);
    const { statusCode, headers } = await call(
      await authorize(request(await issuer.token())),
    );
    assertEquals(statusCode, 503);
    assertEquals(headers["retry-after"], "5");
    assertEquals(headers["www-authenticate"], undefined);
    assertEquals(callers, []);
  });

  test(`behind ${form}: how long to wait is the authorizer's to say`, async () => {
    const { authorize, call } = pair({
      verifyAccessToken: () =>
        Promise.reject(
          new AuthorizationServerError("away", { retryAfterSeconds: 17 }),
        ),
    });
    const { statusCode, headers } = await call(await authorize(request("a")));
    assertEquals([statusCode, headers["retry-after"]], [503, "17"]);
  });

  for (
    const [options, written] of [
      [{ scope: ["notes:admin"] }, 'scope="notes:admin"'],
      [{ acr_values: ["gold", "silver"] }, 'acr_values="gold silver"'],
      [{ max_age: 60 }, 'max_age="60"'],
      [{ max_age: 0 }, 'max_age="0"'],
    ] as const
  ) {
    test(`behind ${form}: the challenge has ${written} of a verifier that says nothing else`, async () => {
      const { authorize, call } = pair({
        verifyAccessToken: () =>
          Promise.reject(
            new AccessTokenError("insufficient_user_authentication", options),
          ),
      });
      const { statusCode, headers } = await call(await authorize(request("a")));
      assertEquals(statusCode, 401);
      assertStringIncludes(headers["www-authenticate"] ?? "", written);
    });
  }

  test(`behind ${form}: a verdict that the gateway kept is judged again when the token has expired`, async () => {
    const { network, issuer, callers, authorize, call } = pair();
    const token = await issuer.token({ scope: "notes:read" });
    const event = await authorize(request(token));
    network.pass(300 + 31);
    const { statusCode, headers } = await call(event);
    assertEquals(statusCode, 401);
    assertEquals(
      headers["www-authenticate"]?.startsWith('Bearer error="invalid_token"'),
      true,
    );
    assertEquals(callers, []);
  });

  test(`behind ${form}: a verdict on another token is believed of no token`, async () => {
    const { issuer, callers, authorize, call } = pair();
    const good = await issuer.token({ scope: "notes:read" });
    const other = await issuer.token({ sub: "user-2", scope: "notes:read" });
    const { requestContext } = await authorize(request(good));
    for (const token of [other, "forged", `${good}x`]) {
      const event = { ...request(token), requestContext };
      await assertRejects(
        () => call(event),
        TypeError,
        "Cannot find the authorizer's verdict",
      );
    }
    assertEquals(callers, []);
  });

  test(`behind ${form}: without a verdict nobody is let through`, async () => {
    const { issuer, callers, authorize, call } = pair();
    const token = await issuer.token({ scope: "notes:read" });
    const accepted = (await authorize(request(token))).requestContext
      .authorizer;
    const context = accepted.lambda ?? accepted;
    const forgeries: Sample[] = [
      withMember(request(token), "requestContext.authorizer", undefined),
      withMember(request(token), "requestContext.authorizer", null),
      withMember(request(token), "requestContext.authorizer", "accepted"),
      withMember(request(token), "requestContext.authorizer", {
        jwt: { claims: issuer.claims(), scopes: ["notes:read"] },
      }),
      withMember(request(token), "requestContext.authorizer", {
        iam: context,
      }),
      withMember(request(token), "requestContext.authorizer", {
        claims: context,
      }),
      withVerdict(request(token), { outcome: "accepted" }),
      withVerdict(request(token), { ...context, token_sha256: "" }),
      // Where a client may write, and the gateway does not.
      { ...request(token), authorizer: accepted, lambda: context },
      withMember(request(token), "stageVariables", { authorizer: accepted }),
      withMember(request(token), "queryStringParameters", context),
      withMember(request(token), "pathParameters", context),
    ];
    for (const event of forgeries) {
      await assertRejects(() => call(event), TypeError);
    }
    assertEquals(callers, []);
  });

  test(`behind ${form}: a verdict that nobody can read is none`, async () => {
    const { issuer, callers, authorize, call } = pair();
    const token = await issuer.token({ scope: "notes:read" });
    const accepted = (await authorize(request(token))).requestContext
      .authorizer;
    const context = accepted.lambda ?? accepted;
    for (
      const change of [
        { outcome: undefined },
        { outcome: "ACCEPTED" },
        { outcome: "ACCEPTED", reason: "expired" },
        { outcome: "refused", reason: undefined },
        { outcome: "refused", reason: "toString" },
        { token_claims: undefined },
        { token_claims: "{" },
      ]
    ) {
      const event = withVerdict(request(token), { ...context, ...change });
      await assertRejects(() => call(event), Error);
    }
    for (
      const token_claims of ["{}", "[]", "1", '{"iss":"https://evil.example"}']
    ) {
      const event = withVerdict(request(token), { ...context, token_claims });
      assertEquals((await call(event)).statusCode, 401);
    }
    assertEquals(callers, []);
  });

  test(`behind ${form}: a verdict in a client's fields changes nothing`, async () => {
    const { issuer, callers, authorize, call } = pair();
    const good = await issuer.token({ scope: "notes:read notes:write" });
    const accepted = (await authorize(request(good))).requestContext.authorizer;
    const context: Sample = accepted.lambda ?? accepted;
    const bad = await issuer.token({ aud: "https://other.example.com" });
    const fields: Sample = {
      authorizer: JSON.stringify(accepted),
      "x-authorizer": JSON.stringify(context),
      "x-amzn-authorizer": JSON.stringify(context),
      "requestcontext": JSON.stringify({ authorizer: accepted }),
      "x-amzn-request-context": JSON.stringify({ authorizer: accepted }),
      ...Object.fromEntries(
        Object.entries(context).flatMap(([name, value]) => [
          [name, `${value}`],
          [`x-${name.replaceAll("_", "-")}`, `${value}`],
          [`x-amzn-remapped-${name}`, `${value}`],
        ]),
      ),
    };
    let event = request(bad);
    for (const [name, value] of Object.entries(fields)) {
      const member = event.version === "2.0" ? "headers" : "multiValueHeaders";
      event = { ...event, [member]: { ...event[member], [name]: value } };
    }
    const judged = await authorize(event);
    assertEquals(
      judged.requestContext,
      (await authorize(request(bad))).requestContext,
    );
    assertEquals((await call(judged)).statusCode, 401);
    await assertRejects(() => call(event), TypeError);
    assertEquals(callers, []);
  });
}

test("a Function URL has no authorizer, and authorizerVerifier() lets nobody through", async () => {
  const { issuer, callers, call } = pair();
  const token = await issuer.token({ scope: "notes:read" });
  const event = withAuthorization(functionUrlEvent(), `Bearer ${token}`);
  await assertRejects(() => call(event), TypeError);
  for (const authorizer of [{ iam: { userId: "AIDA" } }, { lambda: {} }]) {
    const signed = withMember(event, "requestContext.authorizer", authorizer);
    await assertRejects(() => call(signed), TypeError);
  }
  assertEquals(callers, []);
});

test("authorizerVerifier() outside of Lambda lets nobody through", async () => {
  await assertRejects(() => authorizerVerifier()("token"), TypeError);
});

test("protectResource() behind the authorizer still verifies by itself, unless it is told not to", async () => {
  const { network, issuer } = surroundings();
  const handler = toLambdaHandler(
    protectResource(() => new Response("reached"), {
      metadata: METADATA,
      platform: network,
    }),
  );
  const good = withAuthorization(
    httpApiEvent(),
    `Bearer ${await issuer.token()}`,
  );
  assertEquals((await handler(good)).statusCode, 200);
  const forged = withMember(
    withAuthorization(httpApiEvent(), "Bearer a.b.c"),
    "requestContext.authorizer",
    { lambda: { outcome: "accepted", token_claims: "{}" } },
  );
  assertEquals((await handler(forged)).statusCode, 401);
});
