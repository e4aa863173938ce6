/**
 * What a scope policy costs, beside the same work without the guard: a handler that reads and parses the JSON body
 * itself, and writes the headers that the guard would write. Another row also copies the request, as any guard has to
 * that reads the body first: no guard can be faster than that. The third base reads no body, for the guard without a
 * policy.
 *
 * @module
 */
import { protectResource, type ScopePolicy } from "../../mod.ts";
import { copyRequest } from "../../src/http/request_copy.ts";
import { expectStatus, measure, report, type Variant } from "./measure.ts";
import {
  answer,
  forged,
  METADATA,
  platform,
  RESOURCE,
  sign,
} from "./subject.ts";

const SIZES = { "1 kB": 800, "1 MB": 1_000_000 } as const;

const POLICY: ScopePolicy = {
  operations: {
    "tools/call": { "*": ["notes:read"], add_note: ["notes:write"] },
    "resources/read": { "notes://{id}": ["notes:read"] },
  },
};

const token = await sign();
const options = { metadata: METADATA, platform };

/** The headers that the guard adds to an answer. */
const added = await headersOf(protectResource(answer, options));

const guarded = protectResource(answer, options);
const byPolicy = protectResource(answer, { ...options, scopes: POLICY });

const rows: Variant[] = Object.entries(SIZES).flatMap(([size, length]) => {
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "add_note", arguments: { text: "x".repeat(length) } },
  });
  const base = variant(`${size}: the handler reads the body`, body, reading);
  return [
    base,
    variant(`${size}: and copies the request`, body, copying, base),
    variant(`${size}: behind a policy`, body, byPolicy, base),
  ];
});
const small = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const alone = variant("no policy: the handler alone", small, () => writing());
rows.push(alone, variant("no policy: guarded", small, guarded, alone));
report(await measure(rows));

function variant(
  name: string,
  body: string,
  handle: (request: Request) => Response | Promise<Response>,
  base: { readonly name: string } = { name },
): Variant {
  const isGuarded = handle === guarded || handle === byPolicy;
  return {
    name,
    base: base.name,
    run: () => handle(requestOf(body, token)),
    async check(): Promise<void> {
      await expectStatus(200, handle(requestOf(body, token)));
      if (isGuarded) {
        await expectStatus(401, handle(requestOf(body, forged(token))));
      }
    },
  };
}

async function reading(request: Request): Promise<Response> {
  const { params } = await request.json();
  if (params.name !== "add_note") throw new Error("Cannot read the body");
  return writing();
}

async function copying(request: Request): Promise<Response> {
  const text = await request.text();
  if (JSON.parse(text).params.name !== "add_note") {
    throw new Error("Cannot read the body");
  }
  const copy = copyRequest(request, text);
  return copy.bodyUsed ? Response.error() : writing();
}

function writing(): Response {
  const response = answer();
  for (const [name, value] of added) response.headers.set(name, value);
  return response;
}

/** A request as a server gets it: its client said how long the body is, and the token is a string of its own. */
function requestOf(body: string, token: string): Request {
  return new Request(RESOURCE, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "content-length": `${body.length}`,
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2025-11-25",
      authorization: `Bearer ${` ${token}`.slice(1)}`,
    },
    body,
  });
}

async function headersOf(
  handle: (request: Request) => Response | Promise<Response>,
): Promise<readonly (readonly [string, string])[]> {
  const response = await handle(requestOf("{}", token));
  return [...response.headers].filter(([name]) => name !== "content-type");
}
