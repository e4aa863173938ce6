/**
 * Headers by which Cloudflare's `agents` controls its Durable Objects.
 *
 * @module
 */

/**
 * The prefixes of the headers that `agents` 0.32 and `partyserver` 0.5 set in a Worker and trust in a Durable Object:
 *
 * | header                                           | sets                                                |
 * | ------------------------------------------------ | --------------------------------------------------- |
 * | `x-agents-lifecycle-props`                       | `this.props`, which is the caller                   |
 * | `x-cf-agents-subagent-url`                       | the agent that receives the connection              |
 * | `cf-mcp-method`, `cf-mcp-message`                | the connection's HTTP method and its JSON-RPC message |
 * | `x-partykit-props`                               | `this.props` in older versions                      |
 * | `x-partykit-room`, `-namespace`, `-jurisdiction` | the object's own name and place                     |
 * | `x-channels-identity`                            | the author of what a `WebChannel` receives          |
 *
 * `McpAgent.serve()` copies the client's headers into the request that its Durable Object receives.
 */
const PREFIXES = /^(?:x-agents-|x-cf-agents-|cf-mcp-|x-partykit-|x-channels-)/;

/** The request without the headers that only a Worker may set. */
export function withoutAgentHeaders(request: Request): Request {
  const names = [...request.headers.keys()].filter((name) =>
    PREFIXES.test(name)
  );
  if (names.length === 0) return request;
  const bare = new Request(request);
  for (const name of names) bare.headers.delete(name);
  return bare;
}
