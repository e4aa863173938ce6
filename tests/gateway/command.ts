/**
 * The gateway as a command, on the runtime that runs the test, with an issuer and an upstream of the test's own.
 *
 * @module
 */
import process from "node:process";
import { type Issuer, startIssuer } from "../contract/issuer.ts";
import {
  eventually,
  freePort,
  type Program,
  startProgram,
  type Variables,
} from "../e2e/example.ts";

/** How the command is started. */
export const COMMAND: readonly string[] = [
  process.execPath,
  ...("Deno" in globalThis
    ? ["run", "-A"]
    : "Bun" in globalThis
    ? ["run"]
    : []),
  "src/gateway/mod.ts",
];

export const SECRET = "0123456789abcdef0123456789abcdef";

/** A gateway that answers. */
export interface Gateway extends Program {
  readonly origin: string;
  readonly resource: string;
  /** An access token that it accepts. */
  token(claims?: Readonly<Record<string, unknown>>): Promise<string>;
}

/** An issuer, which all gateways of a test trust. */
export function startTestIssuer(): Promise<Issuer> {
  return startIssuer({
    document: "oauth-authorization-server",
    algorithms: ["ES256"],
  });
}

/** Starts a gateway, and waits until it answers. */
export async function startGateway(
  issuer: Pick<Issuer, "identifier" | "token">,
  upstream: string,
  variables: Variables = {},
): Promise<Gateway> {
  const port = variables.PORT ?? `${await freePort()}`;
  const origin = `http://localhost:${port}`;
  const resource = variables.MCP_RESOURCE ?? `${origin}/mcp`;
  const program = startProgram(COMMAND, {
    PORT: port,
    ...(issuer.identifier !== "" && {
      MCP_AUTHORIZATION_SERVERS: issuer.identifier,
    }),
    GATEWAY_UPSTREAM: upstream,
    GATEWAY_LOG: "json",
    ...variables,
  });
  await eventually("the gateway to answer", async () => {
    if (program.ended()) throw new Error(`It ended: ${program.stderr()}`);
    const answer = await fetch(`${origin}/healthcheck`).catch(() => undefined);
    return await answer?.text() === "OK" || undefined;
  }, 40);
  return {
    ...program,
    origin,
    resource,
    token: (claims = {}) => issuer.token(resource, { claims }),
  };
}
