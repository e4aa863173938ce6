/**
 * The body of a request that a middleware judges, and that later handlers read.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Body, bodyOf, LostBodyError } from "../node/body.ts";
import type { NodeRequest } from "../node/http.ts";
import type { ExpressRequest } from "./http.ts";

/** A body that is judged before other handlers read it. */
export interface JudgedBody {
  /** Returns the body as {@linkcode bodyOf} does, but if it was lost, only reading it fails. */
  read(req: NodeRequest, headers: Headers): Body | null;
  /**
   * Leaves the value that was judged as `req.body`. If the stream was read for it, its bytes are left as `req.rawBody`,
   * where the MCP SDK looks for them, and body parsers are told that there is nothing to read.
   */
  leave(parsedBody: unknown): void;
}

/** The body of a request. `isJudged`: whether the guard needs it; otherwise one that was read already is left alone. */
export function judgedBody(req: ExpressRequest, isJudged: boolean): JudgedBody {
  const isStream = req.readableDidRead !== true;
  const chunks: Uint8Array[] = [];
  let wasRead = false;
  return {
    read(_, headers): Body | null {
      if (!isStream && !isJudged) return null;
      try {
        return bodyOf(req, headers, (chunk) => {
          wasRead = true;
          if (chunk !== undefined) chunks.push(chunk);
        });
      } catch (error) {
        if (!(error instanceof LostBodyError)) throw error;
        // Later: whether the body was lost is no concern of a caller without a token.
        return new ReadableStream({
          pull(): never {
            throw error;
          },
        }, { highWaterMark: 0 });
      }
    },
    leave(parsedBody): void {
      if (wasRead) {
        req.rawBody = Buffer.concat(chunks);
        req.body = parsedBody;
        // For body-parser 1, which Express 4 uses: it would wait for a stream that has ended.
        req._body = true;
      } else if (
        parsedBody !== undefined && typeof req.body !== "string" &&
        !(req.body instanceof Uint8Array)
      ) {
        // A reviver or another middleware may have changed it, or it differs from `rawBody`, which was judged.
        req.body = parsedBody;
      }
    },
  };
}
