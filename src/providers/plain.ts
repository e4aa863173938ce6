/**
 * Providers that need only a domain: one row of data for each.
 *
 * @module
 */

import {
  aString,
  checkOptions,
  oneOrMoreStrings,
  type OptionShape,
} from "../runtime/option_checks.ts";
import {
  type Audience,
  audienceOf,
  onlyWith,
  originOf,
  type Provider,
  provider,
} from "./provider.ts";

/** A deployment's domain, and the audience of its tokens. */
export interface DomainOptions {
  /** Its host, or its URL without a path. */
  readonly domain: string;
  /** The audience of its tokens. Default: the resource. */
  readonly audience?: Audience | undefined;
}

const SHAPE: OptionShape<DomainOptions> = {
  members: { domain: aString, audience: oneOrMoreStrings },
};

/** How a provider differs from the others. */
interface Traits {
  /** The path of its issuer. Default: none. */
  readonly path?: string;
  /** The `typ` of its access tokens, if no other token has it. */
  readonly typ?: "at+jwt";
  /** The claims that only its access tokens have together. */
  readonly claims?: readonly string[];
}

const CLERK: Traits = { typ: "at+jwt" };
const LOGTO: Traits = { path: "/oidc", typ: "at+jwt" };
// Sessions of the application lack the first, ID tokens the second.
const SUPABASE: Traits = {
  path: "/auth/v1",
  claims: ["client_id", "session_id"],
};

/**
 * Clerk, by the Frontend API URL. OAuth applications must generate their access tokens as JWTs. Session tokens, which
 * Clerk signs with the same keys, are rejected. A token has `aud` only if the client sent `resource`, and is rejected
 * without it.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function clerk(options: DomainOptions): Provider {
  return plain(CLERK, options);
}

/**
 * Logto, by the tenant's endpoint (`https://acme.logto.app`). The resource must be one of the tenant's API resources:
 * without a resource, Logto issues an opaque token.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function logto(options: DomainOptions): Provider {
  return plain(LOGTO, options);
}

/**
 * Supabase, by the project's URL (`https://acme.supabase.co`). The project must sign with asymmetric keys. Sessions of
 * the application itself are rejected: they name no client. So are ID tokens: they have no `session_id`. Supabase writes `authenticated` as the `aud` of every token,
 * unless a custom access token hook writes the resource. To accept `authenticated`, and with it every token that the
 * project issued to any OAuth client, name it as the audience.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function supabase(options: DomainOptions): Provider {
  return plain(SUPABASE, options);
}

function plain(
  { path = "", typ, claims }: Traits,
  options: DomainOptions,
): Provider {
  checkOptions(options, "", SHAPE);
  const { domain, audience } = options;
  return provider([originOf(domain, "domain") + path], {
    ...audienceOf(audience),
    ...(typ !== undefined && { typ }),
    ...(claims !== undefined && { claims: onlyWith(...claims) }),
  });
}
