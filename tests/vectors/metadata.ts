/**
 * The metadata that the RFCs show, and where they say it is.
 *
 * @module
 */

/** An identifier, and every URL at which its metadata is looked for. */
export type UrlExample = readonly [
  what: string,
  identifier: string,
  ...urls: string[],
];

/** RFC 9728 §3.1. */
export const RESOURCE_URLS: readonly UrlExample[] = [
  [
    "no path",
    "https://resource.example.com",
    "https://resource.example.com/.well-known/oauth-protected-resource",
  ],
  [
    "a slash, which goes",
    "https://resource.example.com/",
    "https://resource.example.com/.well-known/oauth-protected-resource",
  ],
  [
    "a path",
    "https://resource.example.com/resource1",
    "https://resource.example.com/.well-known/oauth-protected-resource/resource1",
  ],
];

/** RFC 8414 §3.1 and §5, and OpenID Connect Discovery 1.0 §4, in MCP's order. */
export const ISSUER_URLS: readonly UrlExample[] = [
  [
    "no path",
    "https://example.com",
    "https://example.com/.well-known/oauth-authorization-server",
    "https://example.com/.well-known/openid-configuration",
  ],
  [
    "a slash, which goes",
    "https://example.com/",
    "https://example.com/.well-known/oauth-authorization-server",
    "https://example.com/.well-known/openid-configuration",
  ],
  [
    "a path",
    "https://example.com/issuer1",
    "https://example.com/.well-known/oauth-authorization-server/issuer1",
    "https://example.com/.well-known/openid-configuration/issuer1",
    "https://example.com/issuer1/.well-known/openid-configuration",
  ],
];

/** RFC 9728 §3.2. Its `body` is a way of sending tokens that MCP does not have. */
export const RESOURCE_METADATA = {
  resource: "https://resource.example.com",
  authorization_servers: [
    "https://as1.example.com",
    "https://as2.example.net",
  ],
  bearer_methods_supported: ["header", "body"],
  scopes_supported: ["profile", "email", "phone"],
  resource_documentation:
    "https://resource.example.com/resource_documentation.html",
} as const;

/** RFC 8414 §3.2. */
export const AUTHORIZATION_SERVER_METADATA = {
  issuer: "https://server.example.com",
  authorization_endpoint: "https://server.example.com/authorize",
  token_endpoint: "https://server.example.com/token",
  token_endpoint_auth_methods_supported: [
    "client_secret_basic",
    "private_key_jwt",
  ],
  token_endpoint_auth_signing_alg_values_supported: ["RS256", "ES256"],
  userinfo_endpoint: "https://server.example.com/userinfo",
  jwks_uri: "https://server.example.com/jwks.json",
  registration_endpoint: "https://server.example.com/register",
  scopes_supported: [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
  ],
  response_types_supported: ["code", "code token"],
  service_documentation: "http://server.example.com/service_documentation.html",
  ui_locales_supported: ["en-US", "en-GB", "en-CA", "fr-FR", "fr-CA"],
} as const;
