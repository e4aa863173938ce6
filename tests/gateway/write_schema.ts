/**
 * Writes the JSON Schema of the gateway's configuration file, for editors.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { configJsonSchema } from "../../src/gateway/command/config_schema.ts";

const path = "../../src/gateway/command/config.schema.json";
writeFileSync(
  new URL(path, import.meta.url),
  `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
);
