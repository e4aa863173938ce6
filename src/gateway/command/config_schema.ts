/**
 * What a configuration file may say. The JSON Schema beside it, `config.schema.json`, is made of this, for editors.
 *
 * @module
 */

import { MAX_TIMEOUT_SECONDS } from "../options.ts";
import * as z from "zod/mini";
import type { ProtectedResourceMetadata } from "../../discovery/resource_metadata.ts";
import type { ScopePolicy } from "../../scopes/policy.ts";
import type { IssuerRules } from "../../types.ts";
import type { Identity } from "../identity.ts";
import { policySchema } from "./policy_schema.ts";
import {
  byName,
  firstIssue,
  type Issue,
  list,
  members,
  positive,
  text,
} from "./schema_parts.ts";

const URL_ADVICE = "write an absolute URL";
const PORT_ADVICE = "write a whole number from 1 to 65535";
const STRINGS = "write an array of strings";

const metadata = members({
  scopes_supported: z.optional(
    list(
      text("write a scope", "A scope."),
      "write an array of scopes",
      "The scopes worth asking for.",
    ),
  ),
  resource_name: z.optional(text("write a name", "A name for people.")),
  resource_documentation: z.optional(
    text(URL_ADVICE, "A page for developers."),
  ),
  resource_policy_uri: z.optional(text(URL_ADVICE, "How data may be used.")),
  resource_tos_uri: z.optional(text(URL_ADVICE, "The terms of service.")),
}, "More of the resource's metadata (RFC 9728 §2).");

const issuer = members({
  audience: z.optional(z.union(
    [
      text("write a string", "The aud of its tokens."),
      list(text("write a string", "An aud."), STRINGS, "Any one of these."),
    ],
    `write a string, or ${STRINGS.slice(6)}`,
  )),
  typ: z.optional(
    z.literal("at+jwt", 'write "at+jwt"').check(
      z.describe("Only this type of token."),
    ),
  ),
  algorithms: z.optional(
    list(
      text("write an algorithm", "Such as ES256."),
      STRINGS,
      "Its signature algorithms.",
    ),
  ),
  jwks_uri: z.optional(text(URL_ADVICE, "Where its keys are.")),
}, "What differs for one issuer.");

/** What can be said once for all servers. */
const shared = {
  authorization_servers: z.optional(
    list(
      text(URL_ADVICE, "An issuer."),
      "write an array of URLs",
      "The trusted issuers.",
    )
      .check(z.minLength(1, "name at least one issuer")),
  ),
  issuers: z.optional(byName(issuer, "By issuer.")),
  timeoutSeconds: z.optional(
    positive(
      "How long a server may take to send response headers, at most 86400 seconds. Default: 30.",
      MAX_TIMEOUT_SECONDS,
    ),
  ),
  maxBodyBytes: z.optional(
    positive("How large a body may be. Default: 4194304."),
  ),
  maxOpen: z.optional(
    positive(
      "How many requests to one server may be open at once, streams included. Default: 10000.",
    ),
  ),
  identity: z.optional(list(
    z.enum(
      ["user", "email", "groups", "assertion"],
      "write user, email, groups or assertion",
    ),
    "write an array of user, email, groups and assertion",
    "What a server is told of the caller. Default: all of it.",
  )),
  dpop: z.optional(
    z.enum(["optional", "required"], "write optional or required").check(
      z.describe(
        "Whether tokens may or must be bound to a key by DPoP. Default: bound tokens are rejected.",
      ),
    ),
  ),
  dpopNonce: z.optional(
    z.boolean("write true or false, and in a variable 1 or 0").check(
      z.describe(
        "Whether proofs must contain a nonce of the gateway. Default: false.",
      ),
    ),
  ),
  origins: z.optional(list(
    text("write an origin, such as https://app.example", "An origin."),
    "write an array of origins",
    "The web pages that may speak to it. Default: all; on a loopback resource those of this machine.",
  )),
};

/** What is said of one server. */
const single = {
  upstream: z.optional(text(URL_ADVICE, "The MCP server's own URL.")),
  resource: z.optional(
    text(URL_ADVICE, "The public URL, which is the audience of tokens."),
  ),
  path: z.optional(
    text(
      "write a path",
      "Where the resource is mounted, if a proxy strips a prefix.",
    ),
  ),
  scopes: z.optional(policySchema),
  metadata: z.optional(metadata),
};

/** A configuration file. */
const CONFIG = members({
  $schema: z.optional(text("write a string", "For editors.")),
  host: z.optional(
    text(
      "write a host name or an address",
      "On which address the gateway listens. Default: localhost.",
    ),
  ),
  port: z.optional(
    z.int(PORT_ADVICE).check(
      z.minimum(1, PORT_ADVICE),
      z.maximum(65535, PORT_ADVICE),
      z.describe("On which port. Default: 8787."),
    ),
  ),
  log: z.optional(
    z.enum(["text", "json", "none"], "write text, json or none").check(
      z.describe("How decisions are logged. Default: text."),
    ),
  ),
  provider: z.optional(
    text(
      "write a provider",
      "Sign in by this provider, such as github, in place of an issuer: the bridge.",
    ),
  ),
  providerIssuer: z.optional(text(URL_ADVICE, "The provider's issuer.")),
  clientId: z.optional(
    text("write a client ID", "The application's at the provider."),
  ),
  providerScopes: z.optional(
    list(
      text("write a scope", "A scope."),
      STRINGS,
      "What the provider is asked for.",
    ),
  ),
  bridgeIssuer: z.optional(
    text(
      URL_ADVICE,
      "The bridge's issuer. Default: the origin of the resource.",
    ),
  ),
  ...shared,
  ...single,
  servers: z.optional(
    list(
      members({ ...shared, ...single }, "A server, and its resource."),
      "write an array of objects",
      "Several servers on one origin, in place of upstream and resource.",
    ).check(z.minLength(1, "write at least one server")),
  ),
}, "The configuration of a Gatehouse gateway.");

/** What is said of a server. */
export interface ServerConfig {
  readonly upstream?: string;
  readonly resource?: string;
  readonly path?: string;
  readonly scopes?: ScopePolicy;
  readonly metadata?: Partial<ProtectedResourceMetadata>;
  readonly authorization_servers?: readonly string[];
  readonly issuers?: Readonly<Record<string, IssuerRules>>;
  readonly timeoutSeconds?: number;
  readonly maxBodyBytes?: number;
  readonly maxOpen?: number;
  readonly identity?: readonly Identity[];
  readonly origins?: readonly string[];
  readonly dpop?: "optional" | "required";
  readonly dpopNonce?: boolean;
}

/** What a configuration file says. */
export interface Config extends ServerConfig {
  readonly host?: string;
  readonly port?: number;
  readonly log?: "text" | "json" | "none";
  readonly servers?: readonly ServerConfig[];
  readonly provider?: string;
  readonly providerIssuer?: string;
  readonly clientId?: string;
  readonly providerScopes?: readonly string[];
  readonly bridgeIssuer?: string;
}

/** Reads what a file says, as JSON; or where it is wrong, and what to write instead. */
export function parseConfig(value: unknown): Config | Issue {
  const { data, error } = z.safeParse(CONFIG, value);
  return error === undefined ? data as Config : firstIssue(error);
}

/** The JSON Schema of a configuration file. */
export function configJsonSchema(): object {
  return z.toJSONSchema(CONFIG, { io: "input" });
}
