/**
 * The resource behind API Gateway that the tests guard, and the issuer of its tokens.
 *
 * @module
 */
import type { ProtectedResourceMetadata } from "../../src/discovery/resource_metadata.ts";
import { publishIssuer } from "../../src/testing/issuer.ts";
import {
  type TestIssuer,
  type TestKey,
  testKey,
  type TestNetwork,
  testNetwork,
} from "../../src/testing/mod.ts";

export const RESOURCE = "https://notes.example.com/mcp";
export const ISSUER = "https://auth.example.com";
/** What the resource says of itself. */
export const METADATA: ProtectedResourceMetadata = {
  resource: RESOURCE,
  authorization_servers: [ISSUER],
};
/** Where it says so. */
export const METADATA_URL =
  "https://notes.example.com/.well-known/oauth-protected-resource/mcp";
/** The issuer's key. */
export const KEY: TestKey = await testKey("ES256");

/** The issuer, and what it is reached by. */
export interface Surroundings {
  readonly network: TestNetwork;
  readonly issuer: TestIssuer;
}

/** Publishes the issuer on a network of its own. */
export function surroundings(): Surroundings {
  const network = testNetwork();
  const issuer = publishIssuer(network, {
    issuer: ISSUER,
    audience: RESOURCE,
    keys: [KEY],
  });
  return { network, issuer };
}
