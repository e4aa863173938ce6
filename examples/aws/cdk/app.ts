/**
 * The CDK app: the notes behind an HTTP API and, where there is a domain for it, behind a REST API that streams and one
 * that does not.
 *
 * @module
 */

import { App } from "aws-cdk-lib";
import { HttpApiStack } from "./http_api_stack.ts";
import { MAPPED, RestApiStack, STREAMING } from "./rest_api_stack.ts";
import { readSettings } from "./settings.ts";

const app = new App();
const settings = readSettings(app.node);

new HttpApiStack(app, "NotesHttpApi", settings);
const { resource, certificateArn } = settings;
if (resource !== undefined && certificateArn !== undefined) {
  const needed = { ...settings, resource, certificateArn };
  new RestApiStack(app, "NotesStreamingApi", needed, STREAMING);
  new RestApiStack(app, "NotesRestApi", needed, MAPPED);
}
