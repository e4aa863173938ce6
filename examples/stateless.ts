/**
 * One request, one server: how the notes are served without sessions, by either SDK.
 *
 * @module
 */

import type { AuthInfo } from "@gatehouse/mcp-auth";

/** What the caller was found to be. */
export interface NotesContext {
  readonly authInfo: AuthInfo;
  /** The body, where somebody has read it already. */
  readonly parsedBody?: unknown;
}

/** What both SDKs' transports do. */
interface Transport {
  handleRequest(request: Request, context: NotesContext): Promise<Response>;
}

/** What both SDKs' servers do. */
interface Server<Of extends Transport> {
  connect(transport: Of): Promise<void>;
  /** Aborts what goes on. */
  close(): Promise<void>;
}

/**
 * Answers one MCP request of the versions up to 2025-11-25, whose caller was verified. There are no sessions: each POST
 * gets a server of its own, which is gone with its answer (JSON, or a stream of events for `watch_notes`), and other
 * methods get 405.
 */
export async function answerOnce<Of extends Transport>(
  request: Request,
  context: NotesContext,
  Transport: new (options: { enableJsonResponse: boolean }) => Of,
  makeServer: () => Server<Of>,
): Promise<Response> {
  // The transport would open a stream for GET that never says anything.
  if (request.method !== "POST") {
    return new Response(null, { status: 405, headers: { allow: "POST" } });
  }
  const isWatch = asksToWatch(context.parsedBody);
  const transport = new Transport({ enableJsonResponse: !isWatch });
  const server = makeServer();
  await server.connect(transport);
  const close = (): Promise<void> => server.close();
  try {
    const { authInfo, parsedBody } = context;
    const response = await transport.handleRequest(request, {
      authInfo,
      parsedBody,
    });
    if (!isWatch) return response;
    // Closing is what aborts the tool. Some runtimes tell of a client that left here, and some by the stream.
    request.signal.addEventListener("abort", close);
    return closing(response, close);
  } finally {
    if (!isWatch) await close();
  }
}

/** Whether a message asks for the one tool that answers in a stream of events. */
function asksToWatch(body: unknown): boolean {
  const { method, params } = Object(body);
  return method === "tools/call" && Object(params).name === "watch_notes";
}

/** The response, with something to do when its stream has ended or was cancelled. */
function closing(response: Response, close: () => Promise<void>): Response {
  const reader = response.body?.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const { done, value } = await reader?.read() ?? { done: true };
      if (!done) return controller.enqueue(value!);
      controller.close();
      await close();
    },
    cancel: close,
  });
  return new Response(body, response);
}
