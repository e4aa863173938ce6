/**
 * How API Gateway asks a Lambda authorizer: of an HTTP API
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html}) or a REST API
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html}).
 *
 * @module
 */

import {
  type Invoke,
  type LambdaFunction,
  TIMEOUT,
  within,
} from "./gateway_functions.ts";

/** An authorizer, as it is configured. */
export interface AuthorizerSettings {
  readonly handler: LambdaFunction;
  /** What a request must have for the function to be asked: of an HTTP API `$request.header.*`, `$request.querystring.*` and `$context.*`, of a REST API `method.request.header.*`. Also by what its answers are kept. */
  readonly identitySource: readonly string[];
  /** For how long answers are kept, 0 to 3600. 0: not at all. */
  readonly resultTtlSeconds: number;
}

/** What is asked about a request. */
export interface Question {
  /** The value of an identity source. */
  select(source: string): string | undefined;
  /** The event for the function. */
  event(identity: readonly string[]): unknown;
  /** The ARN by which a policy knows the request. */
  readonly arn: string;
}

/** What becomes of a request. With 200 it goes on, with what the authorizer said. */
export interface Authorization {
  readonly status: 200 | 401 | 403 | 500;
  /** Of 500: what the function threw. */
  readonly error?: unknown;
  readonly context?: unknown;
}

const TIMEOUT_MILLISECONDS = 10_000;
const MAX_KEPT_ANSWERS = 1000;

/**
 * Makes ready to ask.
 *
 * @throws {TypeError} If AWS would refuse the settings.
 */
export function askAuthorizer(
  settings: AuthorizerSettings,
  invoke: Invoke,
  now: () => number,
): (question: Question) => Promise<Authorization> {
  const { handler, identitySource, resultTtlSeconds } = settings;
  if (!(resultTtlSeconds >= 0 && resultTtlSeconds <= 3600)) {
    throw new TypeError("Cannot use resultTtlSeconds: use 0 to 3600");
  }
  if (resultTtlSeconds > 0 && identitySource.length === 0) {
    throw new TypeError("Cannot keep answers: name an identity source");
  }
  const kept = new Map<string, { answer: unknown; until: number }>();

  return async ({ select, event, arn }) => {
    const identity = identitySource.map(select);
    if (identity.some((value) => value === undefined || value === "")) {
      return { status: 401 };
    }
    const key = JSON.stringify(identity);
    const known = kept.get(key);
    let answer = known !== undefined && known.until > now()
      ? known.answer
      : undefined;
    if (answer === undefined) {
      try {
        answer = await within(
          TIMEOUT_MILLISECONDS,
          invoke(handler, event(identity as string[])),
        );
      } catch (error) {
        return { status: 500, error };
      }
      if (answer === TIMEOUT) return { status: 500 };
      if (resultTtlSeconds > 0) {
        kept.delete(key);
        kept.set(key, { answer, until: now() + resultTtlSeconds * 1000 });
        const [oldest] = kept.keys();
        if (kept.size > MAX_KEPT_ANSWERS) kept.delete(oldest!);
      }
    }
    return judge(answer, arn);
  };
}

/** Reads the function's answer, simple or a policy. Any other is an error of the function. */
function judge(answer: unknown, arn: string): Authorization {
  const { isAuthorized, policyDocument, context } = Object(answer);
  if (typeof isAuthorized === "boolean") {
    return isAuthorized ? { status: 200, context } : { status: 403 };
  }
  const statements: unknown = policyDocument?.Statement;
  if (!Array.isArray(statements)) return { status: 500 };
  const effects = statements
    .filter(({ Resource }) =>
      [Resource].flat().some((pattern) => matches(`${pattern}`, arn))
    )
    .map(({ Effect }) => Effect);
  return effects.includes("Allow") && !effects.includes("Deny")
    ? { status: 200, context }
    : { status: 403 };
}

function matches(pattern: string, arn: string): boolean {
  const literals = pattern.split("*").map((part) =>
    part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  );
  return new RegExp(`^${literals.join(".*")}$`).test(arn);
}
