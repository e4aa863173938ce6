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

/** How the user must have logged in. The members have the names that they have in a challenge. */
export interface UserAuthentication {
  /** The accepted values of the token's `acr`, in order of preference. Default: any, or none. */
  readonly acr_values?: readonly string[] | undefined;
  /** The maximum age of the login by the token's `auth_time`, in whole seconds. Default: any. */
  readonly max_age?: number | undefined;
}

/** The logins that requests and operations need. A token without the required claim is rejected. */
export interface AuthenticationPolicy {
  /** Needed for every request. Default: any login. */
  readonly required?: UserAuthentication | undefined;
  /**
   * Needed for an operation as well: by JSON-RPC method and then by name or pattern, as in the scope policy's
   * `operations`. `{}` accepts any login. Default: any login.
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
 * Checks a configured requirement.
 *
 * @throws {TypeError} If no login could meet it, or a member is unknown.
 */
export function checkUserAuthentication(
  asked: UserAuthentication,
  place: string,
): UserAuthentication {
  checkOptions(asked, place, USER_AUTHENTICATION_SHAPE);
  return asked;
}

/** Whether the login that a token's claims describe meets all requirements at a time. */
export function meetsAuthentication(
  { acr, auth_time }: AccessTokenClaims,
  requirements: readonly UserAuthentication[],
  nowSeconds: number,
  toleranceSeconds: number,
): boolean {
  const age = typeof auth_time === "number" ? nowSeconds - auth_time : NaN;
  return requirements.every(({ acr_values, max_age }) =>
    (acr_values === undefined || acr_values.some((value) => value === acr)) &&
    (max_age === undefined ||
      age >= -toleranceSeconds && age <= max_age + toleranceSeconds)
  );
}

/**
 * Merges requirements into one that includes all of them. If no `acr` meets all of them, the values of the first one
 * are used.
 */
export function mergeRequirements(
  requirements: readonly UserAuthentication[],
): UserAuthentication {
  const lists = requirements.flatMap(({ acr_values }) =>
    acr_values === undefined ? [] : [acr_values]
  );
  const ages = requirements.flatMap(({ max_age }) => max_age ?? []);
  const common = lists[0]?.filter((value) =>
    lists.every((list) => list.includes(value))
  );
  const acr_values = common?.length === 0 ? lists[0] : common;
  return {
    ...(acr_values !== undefined && { acr_values }),
    ...(ages.length > 0 && { max_age: Math.min(...ages) }),
  };
}

/** The login that is required and the one that the claims describe, for the log. */
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
