/**
 * HTTP as it is on the wire, for what `fetch` would not send.
 *
 * @module
 */
import { connect } from "node:net";
import type { Answer, Server } from "./expectation.ts";

/** A request, to the byte. */
export interface RawRequest {
  /** Default: `POST`. */
  readonly method?: string;
  /** The request-target. Default: the resource's path. */
  readonly target?: string;
  /** Default: the resource's own. */
  readonly host?: string;
  /** In this order. A name may come twice. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** No answer takes longer, unless there will be none. */
const TIMEOUT_MILLISECONDS = 15_000;
/** After this the other side is thought to wait for more. */
const SILENCE_MILLISECONDS = 3000;
/** After this it is thought to have said all, though it was asked to hang up and does not. */
const END_MILLISECONDS = 150;

/**
 * Sends bytes, and more of them whenever something comes back, or nothing does for a while. Resolves to all that
 * came until the other side ended or broke the connection.
 */
export function exchange(
  port: number,
  parts: readonly string[],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const rest = [...parts];
    const socket = connect({ port, host: "localhost" });
    const chunks: Uint8Array[] = [];
    let connected = false;
    const timeout = setTimeout(() => socket.destroy(), TIMEOUT_MILLISECONDS);
    let silence: ReturnType<typeof setTimeout> | undefined;

    function writeNext(): void {
      clearTimeout(silence);
      const next = rest.shift();
      if (next === undefined) {
        silence = setTimeout(() => socket.end(), END_MILLISECONDS);
        return;
      }
      // As bytes: a character above 127 is one byte, not UTF-8.
      socket.write(next, "latin1");
      if (rest.length > 0) {
        silence = setTimeout(writeNext, SILENCE_MILLISECONDS);
      }
    }

    socket.on("connect", () => {
      connected = true;
      writeNext();
    });
    socket.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk);
      writeNext();
    });
    // A server may answer and break off while it is still being written to.
    socket.on("error", (error: Error) => {
      if (!connected) reject(error);
    });
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      clearTimeout(timeout);
      clearTimeout(silence);
      const decoder = new TextDecoder("latin1");
      resolve(chunks.map((chunk) => decoder.decode(chunk)).join(""));
    });
  });
}

/** Sends one request, on a connection that ends with its answer. */
export async function send(
  server: Server,
  request: RawRequest,
): Promise<Answer> {
  const text = await server.raw(
    format(server, {
      ...request,
      fields: [...request.fields ?? [], ["Connection", "close"]],
    }),
  );
  const answer = parse(text);
  if (answer === undefined) {
    throw new Error(`The server did not answer: ${JSON.stringify(text)}`);
  }
  return answer;
}

/** Writes a request. */
export function format(server: Server, request: RawRequest): string {
  const { method = "POST", fields = [], body = "" } = request;
  const { host, pathname } = new URL(server.resource);
  const lines = [
    `${method} ${request.target ?? pathname} HTTP/1.1`,
    `Host: ${request.host ?? host}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
    ...(body === "" ? [] : [`Content-Length: ${body.length}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** Reads a response; `undefined` where there is none. */
export function parse(text: string): Answer | undefined {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [line = "", ...lines] = head.split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1];
  if (status === undefined) return undefined;
  const headers = new Headers();
  for (const field of lines) {
    const colon = field.indexOf(":");
    headers.append(field.slice(0, colon), field.slice(colon + 1).trim());
  }
  const body = rest.join("\r\n\r\n");
  return {
    status: Number(status),
    headers,
    body: headers.get("transfer-encoding") === "chunked"
      ? withoutChunks(body)
      : body,
  };
}

/** The statuses of all responses on a connection, one after the other. */
export function statuses(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) =>
    Number(status)
  );
}

function withoutChunks(body: string): string {
  let text = "";
  for (let rest = body; rest !== "";) {
    const [line = ""] = rest.split("\r\n", 1);
    const length = parseInt(line, 16);
    if (!(length > 0)) break;
    const start = line.length + 2;
    text += rest.slice(start, start + length);
    rest = rest.slice(start + length + 2);
  }
  return text;
}
