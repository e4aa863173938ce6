/**
 * How a user must have logged in: step-up authentication
 * ({@link https://www.rfc-editor.org/rfc/rfc9470 | RFC 9470}).
 *
 * @module
 */

import { SCOPE_TOKEN } from "../http/www_authenticate.ts";
import {
  anything,
  checkOptions,
  eachOf,
  isStrings,
  mustBe,
  type OptionShape,
  optionsOf,
} from "../runtime/option_checks.ts";
import { printableList } from "../runtime/printable.ts";
import type { OperationRules } from "./rule_table.ts";
import type { AccessTokenClaims } from "../types.ts";

/** How a user must have logged in, spelled as in a challenge. */
export interface UserAuthentication {
  /** One of these must be the token's `acr`. In order of preference. Default: any, or none. */
  readonly acr_values?: readonly string[] | undefined;
  /** How long ago, by the token's `auth_time`, it may have been at most, in whole seconds. Default: any time. */
  readonly max_age?: number | undefined;
}

/** What operations ask of the user's login. A token that does not say how or when does not satisfy what asks. */
export interface AuthenticationPolicy {
  /** For every request. Default: nothing. */
  readonly required?: UserAuthentication | undefined;
  /**
   * For an operation as well: by JSON-RPC method, and there by name or pattern, as in the scope policy's `operations`.
   * `{}` asks for nothing. Default: nothing.
   */
  readonly operations?: OperationRules<UserAuthentication> | undefined;
}

const USER_AUTHENTICATION_SHAPE: OptionShape<UserAuthentication> = {
  members: {
    acr_values: mustBe(
      (value) =>
        isStrings(value) && value.length > 0 &&
        value.every((item) => SCOPE_TOKEN.test(item)),
      "list printable ASCII without spaces, quotes or backslashes, at least one",
    ),
    max_age: mustBe(
      (value) => Number.isInteger(value) && (value as number) >= 0,
      "write whole seconds, 0 or more",
    ),
  },
};

/** The members of an {@linkcode AuthenticationPolicy}. The tables check the operations' values. */
export const AUTHENTICATION_SHAPE: OptionShape<AuthenticationPolicy> = {
  members: {
    required: optionsOf(USER_AUTHENTICATION_SHAPE),
    operations: eachOf(anything),
  },
};

/**
 * Checks what is asked of a login.
 *
 * @throws {TypeError} If no login could satisfy it, or a member is not known.
 */
export function checkUserAuthentication(
  asked: UserAuthentication,
  place: string,
): UserAuthentication {
  checkOptions(asked, place, USER_AUTHENTICATION_SHAPE);
  return asked;
}

/** Whether the login that claims speak of satisfies all that is asked, at a time. */
export function satisfies(
  { acr, auth_time }: AccessTokenClaims,
  asked: readonly UserAuthentication[],
  nowSeconds: number,
  toleranceSeconds: number,
): boolean {
  const age = typeof auth_time === "number" ? nowSeconds - auth_time : NaN;
  return asked.every(({ acr_values, max_age }) =>
    (acr_values === undefined || acr_values.some((value) => value === acr)) &&
    (max_age === undefined ||
      age >= -toleranceSeconds && age <= max_age + toleranceSeconds)
  );
}

/** One login that satisfies all that is asked; where there is none, the first of it. */
export function joined(
  asked: readonly UserAuthentication[],
): UserAuthentication {
  const lists = asked.flatMap(({ acr_values }) =>
    acr_values === undefined ? [] : [acr_values]
  );
  const ages = asked.flatMap(({ max_age }) => max_age ?? []);
  const common = lists[0]?.filter((value) =>
    lists.every((list) => list.includes(value))
  );
  const acr_values = common?.length === 0 ? lists[0] : common;
  return {
    ...(acr_values !== undefined && { acr_values }),
    ...(ages.length > 0 && { max_age: Math.min(...ages) }),
  };
}

/** The login that is asked for and the one that claims state, for the log. */
export function comparedLogins(
  { acr_values, max_age }: UserAuthentication,
  { acr, auth_time }: AccessTokenClaims,
): { readonly expected: readonly string[]; readonly received: unknown } {
  const [shownAcr] = printableList(acr);
  const [shownTime] = printableList(auth_time);
  return {
    expected: [
      ...(acr_values ?? []).map((value) => `acr ${value}`),
      ...(max_age === undefined ? [] : [`max_age ${max_age}`]),
    ],
    received: [
      ...(acr === undefined ? [] : [`acr ${shownAcr}`]),
      ...(auth_time === undefined ? [] : [`auth_time ${shownTime}`]),
    ],
  };
}
