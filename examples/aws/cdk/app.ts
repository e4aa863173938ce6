/**
 * The CDK app: the notes behind an HTTP API and, where there is a domain for it, behind a REST API.
 *
 * @module
 */

import { App } from "aws-cdk-lib";
import { HttpApiStack } from "./http_api_stack.ts";
import { RestApiStack } from "./rest_api_stack.ts";
import { readSettings } from "./settings.ts";

const app = new App();
const settings = readSettings(app.node);

new HttpApiStack(app, "NotesHttpApi", settings);
const { resource, certificateArn } = settings;
if (resource !== undefined && certificateArn !== undefined) {
  new RestApiStack(app, "NotesRestApi", {
    ...settings,
    resource,
    certificateArn,
  });
}
