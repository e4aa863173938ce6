/**
 * The registration endpoint ({@link https://www.rfc-editor.org/rfc/rfc7591#section-3 | RFC 7591 §3}).
 *
 * @module
 */

import type { Context } from "hono";
import { parseObject } from "../../http/body.ts";
import { readText } from "../form.ts";
import { OAuthError } from "../oauth_error.ts";
import type { Parts } from "../parts.ts";

/** Answers `POST /register`. */
export function registrationEndpoint(
  { registrations }: Pick<Parts, "registrations">,
): (c: Context) => Promise<Response> {
  return async (c) => {
    c.header("cache-control", "no-store");
    try {
      const text = await readText(c.req.raw);
      return c.json(
        await registrations.register(parseObject(text ?? "")),
        201,
      );
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      const { code, message } = error;
      return c.json({ error: code, error_description: message }, 400);
    }
  };
}
