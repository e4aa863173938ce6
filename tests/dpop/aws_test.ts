import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import {
  authorizerVerifier,
  type LambdaAuthorizer,
  lambdaAuthorizer,
  type LambdaHandler,
  toLambdaHandler,
} from "../../src/adapters/aws_lambda.ts";
import { dpop } from "../../src/dpop/mod.ts";
import { protectResource } from "../../src/protect_resource.ts";
import { memoryStore } from "../../src/runtime/store.ts";
import {
  type TestIssuer,
  testIssuer,
  type TestKeyHolder,
  testKeyHolder,
} from "../../src/testing/mod.ts";
import {
  authorizerEvent,
  httpApiEvent,
  httpApiEventVersion1,
  restApiEvent,
  type Sample,
} from "../adapters/aws_samples.ts";

const url = "https://notes.example.com/mcp";

interface Apis {
  readonly issuer: TestIssuer;
  readonly holder: TestKeyHolder;
  readonly token: string;
  readonly authorize: LambdaAuthorizer;
  readonly handle: LambdaHandler;
}

async function apis(refusals: "deny" | "forward"): Promise<Apis> {
  const issuer = await testIssuer({
    issuer: "https://auth.example.com",
    audience: url,
  });
  const { platform } = issuer;
  // Shared, as two functions may do: a proof that both verified would be a replay.
  const replay = memoryStore({ now: platform.now });
  const options = {
    metadata: { resource: url, authorization_servers: [issuer.issuer] },
    platform,
    dpop: dpop({ mode: "optional", replay }),
  };
  const holder = await testKeyHolder({ now: platform.now });
  return {
    issuer,
    holder,
    token: await issuer.token({ cnf: holder.cnf }),
    authorize: lambdaAuthorizer({ ...options, refusals }),
    handle: toLambdaHandler(
      protectResource(() => new Response("Hello"), {
        ...options,
        verifyAccessToken: authorizerVerifier(),
      }),
    ),
  };
}

const forms: readonly (readonly [
  form: string,
  make: (change?: Sample) => Sample,
])[] = [
  ["an HTTP API's", httpApiEvent],
  ["an HTTP API's in format 1.0", httpApiEventVersion1],
  ["a REST API's REQUEST", restApiEvent],
];

for (const [form, make] of forms) {
  test(`lambdaAuthorizer() accepts a bound token with its proof in ${form} event, once`, async () => {
    const { authorize, token, holder } = await apis("deny");
    const headers = await holder.headers({ url, method: "POST", token });
    const event = authorizerEvent(withHeaders(make(), headers), "prod");
    assert(isAllowed(await authorize(event)));
    assert(!isAllowed(await authorize(event)));
  });

  test(`lambdaAuthorizer() rejects a bound token without its proof in ${form} event`, async () => {
    const { authorize, token, holder } = await apis("deny");
    const proof = await holder.proof({ url, method: "GET", token });
    const all: Record<string, string>[] = [
      { authorization: `DPoP ${token}` },
      { authorization: `Bearer ${token}` },
      { authorization: `DPoP ${token}`, dpop: proof },
    ];
    for (const headers of all) {
      const event = authorizerEvent(withHeaders(make(), headers), "prod");
      assert(!isAllowed(await authorize(event)));
    }
  });
}

test("lambdaAuthorizer() rejects a TOKEN event in the scheme DPoP: it has no proof", async () => {
  const { authorize, token } = await apis("deny");
  const answer = await authorize({
    type: "TOKEN",
    authorizationToken: `DPoP ${token}`,
    methodArn: "arn:aws:execute-api:eu-west-1:1:api/prod/POST/mcp",
  });
  assert(!isAllowed(answer));
  assertStringIncludes(answer.context.challenge ?? "", "DPoP error=");
});

test('with "forward", the function verifies the proof, and of a cached verdict each one', async () => {
  const { authorize, handle, token, holder } = await apis("forward");
  const sent = (headers: Record<string, string>): Sample =>
    withHeaders(httpApiEvent(), headers);
  const good = (): Promise<{ authorization: string; dpop: string }> =>
    holder.headers({ url, method: "POST", token });
  const first = await good();
  const { context } = await authorize(
    authorizerEvent(sent(first), "prod"),
  );
  const statusOf = async (
    headers: Record<string, string>,
  ): Promise<number> => {
    const event = sent(headers);
    event.requestContext.authorizer = { lambda: context };
    return (await handle(event)).statusCode;
  };
  assertEquals(await statusOf(first), 200);
  assertEquals(await statusOf(first), 401);
  assertEquals(await statusOf(await good()), 200);
  assertEquals(await statusOf({ authorization: `DPoP ${token}` }), 401);
  assertEquals(await statusOf({ authorization: `Bearer ${token}` }), 401);
});

function withHeaders(event: Sample, headers: Record<string, string>): Sample {
  return {
    ...event,
    headers: { ...event.headers, ...headers },
    ...(event.multiValueHeaders && {
      multiValueHeaders: {
        ...event.multiValueHeaders,
        ...Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, [value]]),
        ),
      },
    }),
  };
}

function isAllowed(answer: Sample): boolean {
  return answer.isAuthorized ??
    answer.policyDocument.Statement[0].Effect === "Allow";
}
