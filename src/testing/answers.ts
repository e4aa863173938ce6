/**
 * Responses of a simulated server, good and bad, for {@linkcode TestIssuer.outage} and {@linkcode TestNetwork.serve}.
 *
 * @module
 */

/** Answers requests to a URL, with the arguments of `fetch`. If it throws, `fetch` rejects with that error. */
export type Answer = (
  url: string,
  init: RequestInit,
) => Response | Promise<Response>;

/** 200 and a JSON document. */
export function answerJson(document: unknown): Answer {
  return () => Response.json(document);
}

/** A status without a body. */
export function answerStatus(status: number): Answer {
  return () => new Response(null, { status });
}

/** 200 and an HTML page, as servers of single-page applications answer every URL. */
export function answerHtml(): Answer {
  return () =>
    new Response("<!doctype html><title>Not found</title>", {
      headers: { "content-type": "text/html" },
    });
}

/** A redirect to another URL. Default status: 302. */
export function answerRedirect(location: string, status: number = 302): Answer {
  return () => new Response(null, { status, headers: { location } });
}

/** No answer: the connection is refused. */
export function answerNothing(): Answer {
  return () => {
    throw new TypeError("Connection refused");
  };
}

/**
 * No response until the caller aborts, or 60 seconds of real time have passed. A verifier aborts after 5 seconds, or
 * after 8 seconds for metadata and keys together.
 */
export function answerNever(): Answer {
  return async (_, { signal }): Promise<never> => {
    await later(60, signal);
    throw new TypeError("Connection timed out");
  };
}

/** Resolves after `seconds` of real time. Rejects with the signal's reason as soon as the signal aborts. */
export function later(
  seconds: number,
  signal: AbortSignal | null | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(resolve, seconds * 1000); // keeps the process alive, as a socket does
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
