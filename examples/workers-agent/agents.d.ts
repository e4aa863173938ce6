/**
 * What is used of Cloudflare's `agents` package, for a type checker that does not know `cloudflare:workers`.
 *
 * @module
 */

/** What each Durable Object of the package has. */
export abstract class Agent<Env, State = unknown> {
  protected readonly env: Env;
  readonly initialState: State;
  readonly state: State;
  setState(state: State): void;
}

/** An MCP server in a Durable Object, one for each session. */
export abstract class McpAgent<
  Env,
  State = unknown,
  Props extends Record<string, unknown> = Record<string, unknown>,
> extends Agent<Env, State> {
  /** `ctx.props` of the request that started the object, or what it was told since. */
  props?: Props;
  abstract server: unknown;
  /** Called when the object starts. */
  abstract init(): Promise<void>;
  /** Replaces and stores `props`. */
  updateProps(props: Props): Promise<void>;
  static serve(path: string, options: { readonly binding: string }): {
    fetch(
      request: Request,
      env: unknown,
      ctx: { readonly props?: unknown },
    ): Promise<Response>;
  };
}

/** A namespace of such objects. */
export interface AgentNamespace<_T> {
  idFromName(name: string): unknown;
}

/** The object of that name, started. */
export function getAgentByName<T>(
  namespace: AgentNamespace<T>,
  name: string,
): Promise<
  {
    readonly [Method in keyof T]: T[Method] extends
      (...args: infer Args) => infer Result
      ? (...args: Args) => Promise<Awaited<Result>>
      : never;
  }
>;
