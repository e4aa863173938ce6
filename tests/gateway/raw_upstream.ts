/**
 * An upstream that speaks HTTP/1.1 by hand, so that a test sees every byte of a request, and can answer with anything.
 *
 * @module
 */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** A request, as it came. */
export interface Received {
  readonly method: string;
  readonly target: string;
  /** Names and values as they were written, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Which connection it came on, from 1, and which of that connection's requests it was. */
  readonly connection: number;
  readonly nth: number;
}

/** An upstream on loopback. */
export interface RawUpstream {
  readonly url: string;
  /** What was received whole. */
  readonly requests: readonly Received[];
  /** How many connections are open. */
  readonly openConnections: () => number;
  /** Resolves when this many connections have been closed. */
  readonly closed: (count: number) => Promise<void>;
  readonly close: () => void;
}

/** Writes the answer to a request. */
export type Answer = (received: Received, socket: Socket) => void;

/** A whole response. */
export function response(
  body = "",
  { status = "200 OK", headers = [] }: {
    readonly status?: string;
    readonly headers?: readonly string[];
  } = {},
): string {
  const length = new TextEncoder().encode(body).length;
  const lines = [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${length}`];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** The head of a stream of events, and one piece of it. */
export const EVENTS =
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
export function piece(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

/** Starts one. By default it answers `{}`. */
export async function rawUpstream(
  answer: Answer = (_received, socket) =>
    void socket.write(
      response("{}", { headers: ["Content-Type: application/json"] }),
    ),
): Promise<RawUpstream> {
  const requests: Received[] = [];
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  let connections = 0;
  let closed = 0;
  const server = createServer((socket) => {
    const connection = ++connections;
    let nth = 0;
    let rest = "";
    sockets.add(socket);
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      closed++;
      for (const wake of waiting) wake();
    });
    socket.on("data", (text) => {
      rest += text;
      for (let read = parse(rest); read !== undefined; read = parse(rest)) {
        rest = read.rest;
        const received = { ...read.request, connection, nth: ++nth };
        requests.push(received);
        answer(received, socket);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    requests,
    openConnections: () => sockets.size,
    closed: (count) =>
      new Promise((resolve) => {
        const wake = (): void => {
          if (closed < count) return;
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
        wake();
      }),
    close(): void {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The first request in a text, if it is there to its end. */
function parse(
  text: string,
):
  | {
    readonly request: Omit<Received, "connection" | "nth">;
    readonly rest: string;
  }
  | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [start = "", ...lines] = text.slice(0, end).split("\r\n");
  const [method = "", target = ""] = start.split(" ");
  const headers = lines.map((line) => {
    const [, name = "", value = ""] = /^([^:]*): *(.*)$/.exec(line) ?? [];
    return [name, value] as const;
  });
  const tail = text.slice(end + 4);
  const length = Number(valueOf(headers, "content-length") ?? 0);
  const isChunked = valueOf(headers, "transfer-encoding") === "chunked";
  if (!isChunked) {
    if (tail.length < length) return undefined;
    const body = tail.slice(0, length);
    return {
      request: { method, target, headers, body },
      rest: tail.slice(length),
    };
  }
  let body = "";
  for (let rest = tail;;) {
    const [line, size] = /^([\da-f]+)\r\n/i.exec(rest) ?? [];
    if (line === undefined) return undefined;
    const bytes = parseInt(size!, 16);
    const next = line.length + bytes + 2;
    if (rest.length < next) return undefined;
    body += rest.slice(line.length, line.length + bytes);
    rest = rest.slice(next);
    if (bytes === 0) {
      return { request: { method, target, headers, body }, rest };
    }
  }
}

/** A header's value by its name in lower case: all of its lines. */
export function valueOf(
  headers: Received["headers"],
  name: string,
): string | undefined {
  const values = headers.filter(([other]) => other.toLowerCase() === name)
    .map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}
