/**
 * What a server may answer, well or badly: for {@linkcode TestIssuer.outage} and {@linkcode TestNetwork.serve}.
 *
 * @module
 */

/** Answers one request, like a `fetch` that leads to one place. What it throws is what `fetch` rejects with. */
export type Answer = (
  url: string,
  init: RequestInit,
) => Response | Promise<Response>;

/** 200 and a JSON document. */
export function answerJson(document: unknown): Answer {
  return () => Response.json(document);
}

/** A status and nothing else. */
export function answerStatus(status: number): Answer {
  return () => new Response(null, { status });
}

/** 200 and a page, as servers of single-page applications answer for any URL. */
export function answerHtml(): Answer {
  return () =>
    new Response("<!doctype html><title>Not found</title>", {
      headers: { "content-type": "text/html" },
    });
}

/** A redirect to another URL. Default: 302. */
export function answerRedirect(location: string, status: number = 302): Answer {
  return () => new Response(null, { status, headers: { location } });
}

/** No answer: the connection is refused. */
export function answerNothing(): Answer {
  return () => {
    throw new TypeError("Connection refused");
  };
}

/** No answer until the caller gives up. A verifier does so after 5 s, 8 s for metadata and keys together: in real time. */
export function answerNever(): Answer {
  return async (_, { signal }): Promise<never> => {
    await later(60, signal);
    throw new TypeError("Connection timed out");
  };
}

/** Resolves after some seconds of real time. Rejects with the signal's reason as soon as it is aborted. */
export function later(
  seconds: number,
  signal: AbortSignal | null | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(resolve, seconds * 1000); // as a socket does, it keeps the process alive
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
