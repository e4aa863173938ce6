/**
 * For how long a REST API streams a response
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html}).
 *
 * @module
 */

/** When a response is cut off. */
export interface StreamLimits {
  readonly timeoutMilliseconds: number;
  readonly idleMilliseconds: number;
}

/** Passes a body on, and cuts it off when it has lasted or been silent for too long. */
export function limited(
  body: ReadableStream<Uint8Array>,
  { timeoutMilliseconds, idleMilliseconds }: StreamLimits,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const stop = (): void => timers.forEach(clearTimeout);
  return new ReadableStream({
    start(controller): void {
      timers.add(
        setTimeout(() => cut(controller, "too long"), timeoutMilliseconds),
      );
    },
    async pull(controller): Promise<void> {
      const idle = setTimeout(() => cut(controller, "idle"), idleMilliseconds);
      timers.add(idle);
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value as Uint8Array<ArrayBuffer>);
        stop();
        controller.close();
      } catch (error) {
        stop();
        throw error;
      } finally {
        clearTimeout(idle);
        timers.delete(idle);
      }
    },
    async cancel(): Promise<void> {
      stop();
      await reader.cancel();
    },
  });

  function cut(
    controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>,
    why: string,
  ): void {
    stop();
    controller.error(new Error(`The response was cut off: ${why}`));
    reader.cancel().catch(() => {});
  }
}
