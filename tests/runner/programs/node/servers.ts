// node:http, node:https and node:http2.
import {
  type ProtectedHandler,
  protectResource,
  protectResources,
} from "@gatehouse/mcp-auth";
import { toNodeListener } from "@gatehouse/mcp-auth/node";
import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";

const authorization_servers = ["https://auth.example.com"];
const metadata = {
  resource: "https://notes.example.com/mcp",
  authorization_servers,
};
const hello: ProtectedHandler = (_request, { authInfo }) =>
  new Response(`Hello, ${authInfo.extra?.sub}`);

const mcp = protectResource(hello, { metadata });
const several = protectResources([
  [hello, { metadata }],
  [hello, {
    metadata: { resource: "https://dates.example.com", authorization_servers },
  }],
]);

createServer(toNodeListener(mcp)).listen(8787);
createServer(toNodeListener(several, { onError: console.error }));
createServer(toNodeListener(mcp, { onError: null }));
createServer(toNodeListener(mcp, { onError: undefined }));
createServer((req, res) => {
  void toNodeListener(mcp)(req, res);
});
createHttpsServer({}, toNodeListener(mcp));
createSecureServer({}, toNodeListener(mcp));

// @ts-expect-error: a boolean is not a function
toNodeListener(mcp, { onError: true });
// @ts-expect-error: a handler returns a Response, not a string
protectResource(() => "Hello", { metadata });
// @ts-expect-error: a handler returns something
protectResource(() => {}, { metadata });
// @ts-expect-error: there is no resource without metadata
protectResource(hello, {});
// @ts-expect-error: this option is called `scopes`
protectResource(hello, { metadata, scope: ["notes:read"] });
