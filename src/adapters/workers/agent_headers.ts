/**
 * Headers by which Cloudflare's `agents` steers its Durable Objects.
 *
 * @module
 */

/**
 * The prefixes of headers that `agents` 0.32 and `partyserver` 0.5 set in a Worker and believe in a Durable Object:
 *
 * | header                                | decides                                           |
 * | ------------------------------------- | ------------------------------------------------- |
 * | `x-agents-lifecycle-props`            | `this.props`, which hold the caller               |
 * | `x-cf-agents-subagent-url`            | which agent a connection is passed on to          |
 * | `cf-mcp-method`, `cf-mcp-message`     | what a connection is for, and its JSON-RPC message |
 * | `x-partykit-props`                    | `this.props`, of older versions                   |
 * | `x-partykit-room`, `-namespace`, `-jurisdiction` | which object it takes itself for       |
 * | `x-channels-identity`                 | who writes to a `WebChannel`                      |
 *
 * `McpAgent.serve()` copies a client's headers into the request that its object receives.
 */
const PREFIXES = /^(?:x-agents-|x-cf-agents-|cf-mcp-|x-partykit-|x-channels-)/;

/** The request, without headers that only a Worker may set. */
export function withoutAgentHeaders(request: Request): Request {
  const names = [...request.headers.keys()].filter((name) =>
    PREFIXES.test(name)
  );
  if (names.length === 0) return request;
  const bare = new Request(request);
  for (const name of names) bare.headers.delete(name);
  return bare;
}
