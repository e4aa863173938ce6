/**
 * How the examples begin that are programs of their own: the environment is read, and the development authorization
 * server started where none is configured.
 *
 * @module
 */

import process from "node:process";
import { doctorOf } from "./doctor.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import type { Introduction } from "./page.ts";
import { NOTES_ISSUER_SCOPES } from "./notes_scopes.ts";

/** An example that has yet to listen. */
export interface Started {
  /** What it was told. */
  readonly environment: Environment;
  /** What it tells about itself. */
  readonly introduction: Introduction;
  /** Stops what was started. */
  stop(): Promise<void>;
}

/**
 * Begins an example.
 *
 * @throws {EnvironmentError} If a variable cannot be used.
 * @throws {Error} If the development authorization server cannot listen.
 */
export async function start(): Promise<Started> {
  const environment = readEnvironment(process.env);
  const { resource, authorizationServers, dpop } = environment;
  const doctor = doctorOf(environment);
  if (authorizationServers !== undefined) {
    return {
      environment,
      introduction: {
        resource,
        authorizationServers,
        dpop,
        development: false,
        doctor,
      },
      stop: () => Promise.resolve(),
    };
  }
  const { startDevIssuer } = await import(
    "@gatehouse/mcp-auth/dev-issuer"
  );
  const server = await startDevIssuer({
    port: environment.authPort,
    resource,
    ...NOTES_ISSUER_SCOPES,
    autoApprove: environment.autoApprove,
    ...(dpop && { dpop: true }),
  });
  return {
    environment,
    introduction: {
      resource,
      authorizationServers: [server.issuer],
      dpop,
      development: true,
      doctor,
    },
    stop: server.close,
  };
}
