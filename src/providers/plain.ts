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
  /** A claim of its access tokens that no other token has. */
  readonly claim?: string;
}

const AUTH_KIT: Traits = {};
const CLERK: Traits = { typ: "at+jwt" };
const LOGTO: Traits = { path: "/oidc", typ: "at+jwt" };
const ORY: Traits = { claim: "client_id" };
const SUPABASE: Traits = { path: "/auth/v1", claim: "client_id" };

/**
 * WorkOS AuthKit, by the AuthKit domain (`acme.authkit.app`) or a custom one. Add the resource to the environment's
 * resource indicators: without any, `aud` is a value of the environment, and the token is rejected.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function authKit(options: DomainOptions): Provider {
  return plain(AUTH_KIT, options);
}

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
 * Ory: the Ory Network by a project's URL (`https://acme.projects.oryapis.com`), or Hydra by its issuer. Access tokens
 * must be JWTs (`strategies.access_token`), and the consent must grant the resource as an audience, because Hydra ignores
 * `resource`.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function ory(options: DomainOptions): Provider {
  return plain(ORY, options);
}

/**
 * Supabase, by the project's URL (`https://acme.supabase.co`). The project must sign with asymmetric keys. Sessions of
 * the application itself are rejected: they name no client. Supabase writes `authenticated` as the `aud` of every token,
 * unless a custom access token hook writes the resource. To accept `authenticated`, and with it every token that the
 * project issued to any OAuth client, name it as the audience.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function supabase(options: DomainOptions): Provider {
  return plain(SUPABASE, options);
}

function plain(
  { path = "", typ, claim }: Traits,
  options: DomainOptions,
): Provider {
  checkOptions(options, "", SHAPE);
  const { domain, audience } = options;
  return provider([originOf(domain, "domain") + path], {
    ...audienceOf(audience),
    ...(typ !== undefined && { typ }),
    ...(claim !== undefined && { claims: onlyWith(claim) }),
  });
}
