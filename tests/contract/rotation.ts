/**
 * What the server does when its issuer changes a key. It happens once, in the background, since the server asks for
 * keys that it does not know at most once in ten seconds.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { Answer, Expectation, Server } from "./expectation.ts";
import type { SigningKey } from "./issuer.ts";
import { assertChallenge, callTool, toolText } from "./messages.ts";

/** How long the server may take to notice. */
const NOTICE_SECONDS = 15;
const POLL_MILLISECONDS = 100;

/** What was seen. */
interface Rotation {
  /** Of a token with the key that was then removed. */
  readonly before: Answer;
  /** Of a token with the key that took its place. */
  readonly next: Answer;
  /** Of a token with the removed key, then. */
  readonly removed: Answer;
  /** How long the server took to notice. */
  readonly seconds: number;
}

const rotations = new WeakMap<Server, Promise<Rotation>>();

export const rotation: readonly Expectation[] = [
  {
    name: `rotation: the issuer's next key is taken within ${NOTICE_SECONDS} s`,
    check: async (server): Promise<void> => {
      const { before, next, seconds } = await watchRotation(server);
      toolText(before);
      toolText(next);
      assert(seconds < NOTICE_SECONDS, `${seconds} s`);
    },
  },
  {
    name: "rotation: a token with a key that the issuer removed is refused",
    check: async (server): Promise<void> => {
      const { removed } = await watchRotation(server);
      const expected = { status: 401, error: "invalid_token" } as const;
      assertChallenge(removed, server, expected);
    },
  },
  {
    name: "rotation: the keys are read once, and once in 10 s for unknown ones",
    check: async (server): Promise<void> => {
      await watchRotation(server);
      const requests = server.issuer.requests("/jwks");
      const seconds = (performance.now() - startedAt) / 1000;
      const most = 2 + seconds / 10;
      assert(requests >= 2 && requests <= most, `${requests} in ${seconds} s`);
    },
  },
];

const startedAt = performance.now();

/** Rotates the issuer's spare key when it is first asked for. */
export function watchRotation(server: Server): Promise<Rotation> {
  const known = rotations.get(server);
  if (known !== undefined) return known;
  const seen = rotate(server);
  // Whoever asks for it is told of its failure.
  seen.catch(() => {});
  rotations.set(server, seen);
  return seen;
}

async function rotate(server: Server): Promise<Rotation> {
  const call = async (key: SigningKey): Promise<Answer> =>
    callTool(server, "whoami", { token: await server.token("", { key }) });

  const old = server.issuer.spareKey();
  const before = await call(old);
  await server.issuer.rotate();
  const started = performance.now();
  for (;;) {
    const next = await call(server.issuer.spareKey());
    const seconds = (performance.now() - started) / 1000;
    if (next.status === 200 || seconds > NOTICE_SECONDS) {
      return { before, next, removed: await call(old), seconds };
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}
