/**
 * What is used of the `Deno` namespace.
 *
 * @module
 */

/** The namespace's part. */
export interface DenoRuntime {
  /** Listens. */
  serve(
    options: object,
    handler: (request: Request, info: object) => Promise<Response>,
  ): { shutdown(): Promise<void> };
  /** Takes a signal away from its default. */
  addSignalListener(name: string, listener: () => void): void;
  /** Gives it back. */
  removeSignalListener(name: string, listener: () => void): void;
  /** The machine. */
  readonly build: { readonly os: string };
  /** The environment's variables. */
  readonly env: { get(name: string): string | undefined };
  /** What the process may do. */
  readonly permissions: { querySync(query: object): { state: string } };
}

/** The namespace, as it is when it is asked for. */
export function denoRuntime(): DenoRuntime {
  return (globalThis as unknown as { Deno: DenoRuntime }).Deno;
}
