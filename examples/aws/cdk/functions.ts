/**
 * The two functions, bundled by esbuild on this machine.
 *
 * @module
 */

import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Runtime } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { fileURLToPath } from "node:url";

/** An authorizer has no more, and finding an issuer's keys may take 8 seconds of it. */
export const AUTHORIZER_TIMEOUT: Duration = Duration.seconds(10);

/** A function of this example. */
export interface NotesFunctionProps {
  /** The file beside this folder that exports `handler`. */
  readonly entry: "authorizer.ts" | "mcp.ts" | "mcp_streaming.ts";
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
}

/** Makes a function whose role may write its own log and do nothing else. */
export function notesFunction(
  scope: Construct,
  id: string,
  { entry, timeout, environment }: NotesFunctionProps,
): NodejsFunction {
  const logGroup = new LogGroup(scope, `${id}Log`, {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
  });
  logGroup.grantWrite(role);
  return new NodejsFunction(scope, id, {
    entry: fileURLToPath(new URL(`../${entry}`, import.meta.url)),
    projectRoot: fileURLToPath(new URL("../../..", import.meta.url)),
    depsLockFilePath: fileURLToPath(
      new URL("package-lock.json", import.meta.url),
    ),
    runtime: Runtime.NODEJS_24_X,
    memorySize: 512,
    timeout,
    environment: { ...environment },
    role,
    logGroup,
    bundling: { format: OutputFormat.CJS, minify: true, target: "node24" },
  });
}
