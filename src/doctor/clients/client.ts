/**
 * The facts about one client: its requests, their order, and how it reads the responses.
 *
 * @module
 */

/** A fact that is not known about a client, because its source is not published. */
export type Unknown = "unknown";

/** Where a client looks for the protected resource's metadata. */
export type ResourceMetadataPlace =
  /** The `resource_metadata` of a challenge. */
  | "header"
  /** The well-known path between the endpoint's host and its path (RFC 9728 §3.1). */
  | "path"
  /** The well-known path directly after the endpoint's host. */
  | "root"
  /** The well-known path appended to the endpoint's path. */
  | "appended";

/** Where a client looks for the authorization server's metadata. */
export type ServerMetadataPlace =
  /** `oauth-authorization-server` between the server's host and its path (RFC 8414 §3.1). */
  | "oauth inserted"
  /** `oauth-authorization-server` after the server's host, without its path. */
  | "oauth at the root"
  /** `oauth-authorization-server` after the server's host, followed by the MCP endpoint's path. */
  | "oauth with the endpoint's path"
  /** `oauth-authorization-server` after the MCP endpoint's host. */
  | "oauth at the endpoint's root"
  /** `openid-configuration` between the server's host and its path. */
  | "openid inserted"
  /** `openid-configuration` appended to the server's path (OpenID Connect Discovery §4). */
  | "openid appended";

/** How a client reads a challenge. */
export type ChallengeReading =
  | "not read"
  /** By a regular expression for `name="value"`, if the header begins with `Bearer` and one space. */
  | "quoted, Bearer first"
  /** By a regular expression for `name="value"` or `name=value`, if the header begins with `Bearer` and one space. */
  | "Bearer first"
  /** By a regular expression, whatever the scheme. */
  | "any scheme"
  /** As a list of challenges. The scheme must be spelt `Bearer`, with that capitalization. */
  | "Bearer, so spelled"
  /** As a list of challenges; one that is malformed is an error. */
  | "strict";

/** Responses after which a search continues. `everything`: also 200 with what is not metadata. */
export type GoesOnAfter =
  | "404"
  | "4xx"
  | "4xx and 502"
  | "4xx and unreadable"
  | "all but 5xx"
  | "all but 429 and 5xx"
  | "all but 429 and 5xx, and 503"
  | "everything";

/** One client, or one release of an SDK on which clients are built. */
export interface Client {
  /** Its name. */
  readonly name: string;
  /** The release whose source was read, or releases with the same behaviour. */
  readonly version: string;
  /** The method of its first request. */
  readonly probe: "POST" | "GET" | Unknown;
  /** How it reads a challenge. */
  readonly challenge: ChallengeReading | Unknown;
  /** Where it looks for the resource's metadata, in its order. */
  readonly resourceMetadata: readonly ResourceMetadataPlace[] | Unknown;
  /** What it does if the URL in a challenge has no document. */
  readonly afterHeader: "goes on" | "looks nowhere else" | Unknown;
  /** How `resource` is compared with the endpoint's URL. */
  readonly resource:
    | "not compared"
    /** The same origin, and a prefix of the path. */
    | "prefix"
    /** The same, with or without a trailing slash. */
    | "prefix, slash or not"
    /** Equal after both are parsed as URLs and serialized. */
    | "normalized"
    /** Identical strings. */
    | "identical"
    | Unknown;
  /** What it uses as the authorization server if the resource has no metadata. */
  readonly withoutResourceMetadata:
    | "endpoint"
    | "origin"
    /** It stops there. */
    | "gives up"
    | Unknown;
  /** Where it looks for the authorization server's metadata, in its order. */
  readonly serverMetadata: readonly ServerMetadataPlace[] | Unknown;
  /** After which responses for the resource's metadata it tries the next URL. After any other it stops. */
  readonly resourceGoesOnAfter: GoesOnAfter | Unknown;
  /** After which responses for the authorization server's metadata it tries the next URL. After any other it stops. */
  readonly serverGoesOnAfter: GoesOnAfter | Unknown;
  /** Where it looks when the listed authorization server has no metadata. */
  readonly serverFallback?: "origin";
  /** How `issuer` is compared with the entry in `authorization_servers`. */
  readonly issuer:
    | "not compared"
    | "identical"
    /** Equal; or without the slash that the entry ends with. */
    | "identical, slash may be missing"
    /** Equal except for a slash after the host. */
    | "identical but for a root slash"
    | Unknown;
  /** How it checks `code_challenge_methods_supported`. */
  readonly pkce:
    /** It must be present, and contain S256. */
    | "S256 must be listed"
    /** It must be present. */
    | "must be listed"
    /** It must contain S256 if it is present. */
    | "S256 where listed"
    | "not looked at"
    | Unknown;
  /** How it gets a client identifier if none is configured, in the order of its attempts. */
  readonly registration:
    | readonly ("client ID metadata document" | "dynamic")[]
    | Unknown;
  /** `none`: it uses its metadata document only if the authorization server accepts clients without a secret. */
  readonly documentNeeds?: "none";
  /** Where its requests come from: a browser's are subject to CORS. */
  readonly runs: "program" | "server" | "anywhere";
  /** Anything else. */
  readonly remark?: string;
  /** The sources of these facts: files of public repositories, packages, documentation and issues. */
  readonly sources: readonly string[];
}
