/**
 * Apps of Express 4 or 5 with the middleware, and requests to them.
 *
 * @module
 */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import {
  type ExpressMiddleware,
  type ExpressNext,
  type ExpressRequest,
  type ExpressResourceOptions,
  type ExpressResponse,
  protectedResource,
} from "../../../src/adapters/express.ts";
import { AccessTokenError } from "../../../src/errors.ts";
import type { AccessTokenVerifier } from "../../../src/types.ts";
import { METADATA, RESOURCE } from "../../support/protected.ts";

/** What of Express is used here, of either version. */
export interface Express {
  (): App;
  json(options?: object): Middleware;
  urlencoded(options: object): Middleware;
  text(options: object): Middleware;
  raw(options: object): Middleware;
  Router(): App;
}

export type Middleware = (
  req: ExpressRequest,
  res: Answering,
  next: ExpressNext,
) => unknown;

export type ErrorHandler = (
  error: unknown,
  req: ExpressRequest,
  res: Answering,
  next: ExpressNext,
) => unknown;

export interface App extends RequestListener {
  use(...handlers: unknown[]): App;
  all(...handlers: unknown[]): App;
  get(...handlers: unknown[]): App;
  post(...handlers: unknown[]): App;
}

export interface Answering extends ExpressResponse {
  json(value: unknown): unknown;
  send(text: string): unknown;
  status(status: number): Answering;
  set(name: string, value: string): Answering;
  cookie(name: string, value: string): Answering;
  writeHead(status: number, ...rest: unknown[]): Answering;
  end(text?: string): unknown;
  write(chunk: string | Uint8Array): boolean;
}

/** The name of the token is the name of its user. Ada may read, and Root may do everything. */
export const verifyAccessToken: AccessTokenVerifier = (token) =>
  /^(?:ada|bob|root|brief)$/.test(token)
    ? Promise.resolve({
      iss: METADATA.authorization_servers[0],
      sub: token,
      aud: RESOURCE,
      client_id: "client",
      exp: Date.now() / 1000 + (token === "brief" ? 1 : 60),
      scope: token === "root" ? "read purge" : "read",
    })
    : Promise.reject(new AccessTokenError("bad_signature"));

export const OPTIONS: ExpressResourceOptions = {
  metadata: METADATA,
  verifyAccessToken,
  mirror: null,
  clockToleranceSeconds: 0,
};

export const POLICY: ExpressResourceOptions = {
  ...OPTIONS,
  scopes: {
    operations: { "tools/call": { "*": ["read"], purge: ["purge"] } },
  },
};

export const INSIDE = "inside";

/** Says that it was reached, by whom, and with which body. */
export const inside: Middleware = ({ auth, body }, res) =>
  res.json([INSIDE, auth?.extra?.sub ?? null, body ?? null]);

/** The middleware. */
export function guard(
  options: ExpressResourceOptions = OPTIONS,
): ExpressMiddleware {
  return protectedResource(options);
}

/** A promise, and the test that it is kept. */
export interface Promised {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Collects tests. A file of its own runs them: Node reports each test for the file that defines it. */
export function collection(): {
  readonly tests: Promised[];
  readonly test: (name: string, run: () => Promise<void>) => void;
} {
  const tests: Promised[] = [];
  return { tests, test: (name, run) => void tests.push({ name, run }) };
}

/** Middleware that calls another one. */
export function wrapped(middleware: Middleware): Middleware {
  return (req, res, next) => middleware(req, res, next);
}

export interface Client {
  readonly origin: string;
  post(body: unknown, token?: string): Promise<Response>;
  send(
    body: string | Uint8Array<ArrayBuffer>,
    token?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
}

export async function withApp(
  app: RequestListener,
  use: (client: Client) => Promise<void>,
): Promise<void> {
  const server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const send: Client["send"] = (body, token, headers) =>
    fetch(`${origin}/mcp`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body,
    });
  const post: Client["post"] = (body, token) =>
    send(JSON.stringify(body), token);
  try {
    await use({ origin, post, send });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Sends a request target as it is written. */
export async function raw(
  origin: string,
  target: string,
  token?: string,
  method = "GET",
  host = "localhost",
): Promise<{ readonly status: number; readonly text: string }> {
  const authorization = token && `Authorization: Bearer ${token}\r\n`;
  return await exchange(
    origin,
    `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${
      authorization ?? ""
    }${method === "GET" ? "" : "Content-Length: 0\r\n"}\r\n`,
  );
}

export async function exchange(
  origin: string,
  text: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => received += chunk);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(text, "latin1");
  await once(socket, "close");
  return { status: Number(received.split(" ")[1]), text: received };
}
