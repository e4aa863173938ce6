/**
 * oauth2-mock-server, which signs what it is told to sign: an issuer that knows OpenID's discovery alone, and neither
 * registration nor resource indicators.
 *
 * @module
 */

import type { DevIssuer } from "../../src/dev_issuer/mod.ts";
import type { Settings } from "./notes.ts";
import { peer } from "./peers.ts";

interface MockServer {
  readonly issuer: {
    readonly url: string;
    readonly keys: { generate(algorithm: string): Promise<unknown> };
  };
  readonly service: {
    on(
      event: "beforeTokenSigning",
      listener: (token: Token, request: TokenRequest) => void,
    ): void;
  };
  start(port: number, host: string): Promise<void>;
  stop(): Promise<void>;
}

interface Token {
  readonly payload: Record<string, unknown>;
}

interface TokenRequest {
  readonly body: Readonly<Record<string, string>>;
}

const { OAuth2Server } = await peer<{
  OAuth2Server: new () => MockServer;
}>("oauth2-mock-server");

/** The claims of the access tokens that are to be signed, beside its own. */
export type Claims = (settings: Settings) => Readonly<Record<string, unknown>>;

/** Starts it. */
export function startMockServer(
  claims: Claims,
): (settings: Settings) => Promise<DevIssuer> {
  return async (settings) => {
    const server = new OAuth2Server();
    await server.issuer.keys.generate("RS256");
    await server.start(settings.port, "localhost");
    server.service.on("beforeTokenSigning", ({ payload }, { body }) => {
      // ID tokens come by here too, and have no scope.
      if (payload.scope === undefined) return;
      Object.assign(payload, { client_id: body.client_id }, claims(settings));
    });
    return { issuer: server.issuer.url, close: () => server.stop() };
  };
}

/** A token that an application gets for itself. */
export async function clientCredentials(issuer: string): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({
      client_id: "notes-client",
      grant_type: "client_credentials",
      scope: "notes:read",
    }),
  });
  return (await response.json()).access_token;
}
