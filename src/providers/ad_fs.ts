/**
 * Active Directory Federation Services.
 *
 * @module
 */

import {
  aString,
  checkOptions,
  oneOrMoreStrings,
  type OptionShape,
} from "../runtime/option_checks.ts";
import type { AccessTokenClaims } from "../types.ts";
import {
  type Audience,
  audienceOf,
  originOf,
  type Provider,
  provider,
  text,
} from "./provider.ts";

/** An AD FS farm, and the audience of its tokens. */
export interface AdFsOptions {
  /** The federation service's name (`adfs.example.com`), its URL, or its issuer. */
  readonly domain: string;
  /** The audience of the tokens. Default: the resource, which then must be an identifier of the Web API. */
  readonly audience?: Audience | undefined;
  /** The federation service's identifier. Default: `http://{domain}/adfs/services/trust`. */
  readonly tokenIssuer?: string | undefined;
}

const SHAPE: OptionShape<AdFsOptions> = {
  members: {
    domain: aString,
    audience: oneOrMoreStrings,
    tokenIssuer: aString,
  },
};

/**
 * AD FS of Windows Server 2016 and later. Access tokens have the federation service's identifier as `iss`, and ID
 * tokens have `https://{domain}/adfs`, so they are rejected by their issuer. The client is `appid`; `auth_time`, which
 * AD FS writes as a date, is converted to seconds.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function adFs(options: AdFsOptions): Provider {
  checkOptions(options, "", SHAPE);
  const domain = text(options.domain, "domain").replace(/\/adfs\/?$/i, "");
  const origin = originOf(domain, "domain");
  const { tokenIssuer = `http://${new URL(origin).host}/adfs/services/trust` } =
    options;
  return provider([`${origin}/adfs`], {
    ...audienceOf(options.audience),
    token_issuer: text(tokenIssuer, "tokenIssuer"),
    claims: mapClaims,
  });
}

function mapClaims(claims: AccessTokenClaims): AccessTokenClaims {
  const { appid, auth_time } = claims;
  const seconds = typeof auth_time === "string"
    ? Math.floor(Date.parse(auth_time) / 1000)
    : NaN;
  return {
    ...claims,
    ...(typeof appid === "string" && { client_id: appid }),
    ...(Number.isFinite(seconds) && { auth_time: seconds }),
  };
}
