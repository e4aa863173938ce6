/**
 * The parts of the `Deno` namespace that are used, described structurally.
 *
 * @module
 */

/** The members of the namespace that are used. */
export interface DenoRuntime {
  /** Starts a server. */
  serve(
    options: object,
    handler: (request: Request, info: object) => Promise<Response>,
  ): { shutdown(): Promise<void> };
  /** Handles a signal instead of its default action. */
  addSignalListener(name: string, listener: () => void): void;
  /** Restores the default action. */
  removeSignalListener(name: string, listener: () => void): void;
  /** The build, with the operating system. */
  readonly build: { readonly os: string };
  /** The environment variables. */
  readonly env: { get(name: string): string | undefined };
  /** The permissions of the process. */
  readonly permissions: { querySync(query: object): { state: string } };
}

/**
 * Whether the process runs on Deno Deploy. If the permission to read the variable is not granted, it does not: requesting
 * it would block the server until somebody answers the prompt.
 */
export function isDenoDeploy(): boolean {
  const { env, permissions } = denoRuntime();
  const variable = "DENO_DEPLOYMENT_ID";
  const { state } = permissions.querySync({ name: "env", variable });
  return state === "granted" && env.get(variable) !== undefined;
}

/** The namespace at the time of the call. */
export function denoRuntime(): DenoRuntime {
  return (globalThis as unknown as { Deno: DenoRuntime }).Deno;
}
