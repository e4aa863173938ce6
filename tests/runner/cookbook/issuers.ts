/**
 * The authorization servers of the cookbook's programs.
 *
 * @module
 */
import { type TestIssuer, testIssuer } from "../../../src/testing/mod.ts";
import type { Caller } from "../docs_callers.ts";

/** What the test of a page does with its program. */
export type Runs = Readonly<Record<string, (mcp: Caller) => Promise<void>>>;

/** The resource of most programs. */
const NOTES = "https://notes.example.com/mcp";

// The programs share the runtime's network, whose cache keeps the issuers' keys.
export const auth: TestIssuer = await testIssuer({
  issuer: "https://auth.example.com",
  audience: NOTES,
});
export const login: TestIssuer = await testIssuer({
  issuer: "https://login.example.net",
  audience: NOTES,
  client: {
    client_id: "resource-server",
    client_secret: "from the environment",
  },
  platform: auth.platform,
});
export const sso: TestIssuer = await testIssuer({
  issuer: "https://sso.example.com/realms/acme",
  audience: NOTES,
  platform: auth.platform,
});

// The programs have the real clock. An issuer on another one would call their tokens expired.
auth.platform.pass(seconds() - Math.floor(auth.platform.now() / 1000));

/** The time, in seconds. */
export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
