/**
 * Renders mapping templates as API Gateway documents them, for the tests: Velocity, with `$input`, `$util` and
 * `$context` ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html}).
 * Reads a list of templates with what they are given from stdin, and writes a list of what they render.
 *
 * @module
 */

import process from "node:process";
import { text } from "node:stream/consumers";
import velocity from "velocityjs";

/** A template, and what it is given. */
interface Rendering {
  readonly template: string;
  readonly body: string;
  readonly params: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly context: Readonly<Record<string, unknown>>;
}

/** Java's strings replace by regular expressions. */
class JavaString {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
  replaceAll(pattern: string, replacement: string): JavaString {
    return new JavaString(
      this.value.replaceAll(new RegExp(pattern, "g"), replacement),
    );
  }
  toString(): string {
    return this.value;
  }
}

/** The rules of JavaScript's strings, with a backslash too many before an apostrophe for JSON. */
function escapeJavaScript(value: unknown): JavaString {
  const json = JSON.stringify(`${value ?? ""}`).slice(1, -1);
  return new JavaString(
    json.replaceAll("'", "\\'").replaceAll("/", "\\/").replace(
      /[^\x00-\x7f]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
}

function render({ template, body, params, context }: Rendering): unknown {
  const override = { status: undefined, header: {} };
  const rendered = velocity.render(template, {
    input: {
      body,
      params: () => ({ header: {}, querystring: {}, ...params }),
      path: () => JSON.parse(body),
    },
    util: {
      escapeJavaScript,
      base64Encode: (value: string) => Buffer.from(value).toString("base64"),
    },
    context: { ...context, responseOverride: override },
  });
  return { rendered, override };
}

const renderings: Rendering[] = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(renderings.map(render)));
