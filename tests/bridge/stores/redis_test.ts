import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { type RedisCommand, redisStore } from "../../../src/bridge/mod.ts";
import { checkStore } from "./contract.ts";

/** A client as small as can be: one command after the other. */
function redis(socket: Socket): RedisCommand {
  const waiting: ((reply: unknown) => void)[] = [];
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
    for (;;) {
      const line = /^([+\-:$])([^\r]*)\r\n/.exec(text);
      if (line === null) return;
      let reply: unknown = line[2];
      let length = line[0].length;
      if (line[1] === "$") {
        const size = Number(line[2]);
        if (size >= 0 && text.length < length + size + 2) return;
        reply = size < 0 ? null : new TextDecoder().decode(
          Uint8Array.from(
            text.slice(length, length + size),
            (character) => character.charCodeAt(0),
          ),
        );
        if (size >= 0) length += size + 2;
      }
      text = text.slice(length);
      waiting.shift()?.(reply);
    }
  });
  return (command) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      const bytes = (argument: string): number =>
        new TextEncoder().encode(argument).length;
      socket.write(
        `*${command.length}\r\n${
          command.map((one) => `$${bytes(one)}\r\n${one}\r\n`).join("")
        }`,
      );
    });
}

/** Debian's redis-server, which is installed where it is missing. */
function program(): string {
  const isThere = (): boolean =>
    spawnSync("redis-server", ["--version"]).status === 0;
  if (!isThere()) {
    for (
      const args of [["update"], [
        "install",
        "-y",
        "--no-install-recommends",
        "redis-server",
      ]]
    ) {
      spawnSync("apt-get", args, {
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      });
    }
  }
  if (!isThere()) {
    throw new Error(
      "There is no redis-server: install the package redis-server",
    );
  }
  return "redis-server";
}

test("a store in Redis", { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "redis-"));
  const path = join(folder, "socket");
  const server = spawn(program(), [
    "--port",
    "0",
    "--unixsocket",
    path,
    "--save",
    "",
    "--dir",
    folder,
  ], { stdio: "ignore" });
  try {
    const socket = await connected(path);
    await checkStore(
      redisStore(redis(socket)),
      () => new Promise((resolve) => setTimeout(resolve, 1100)),
    );
    socket.destroy();
  } finally {
    server.kill("SIGKILL");
    await new Promise((resolve) => server.once("close", resolve));
    rmSync(folder, { recursive: true, force: true });
  }
});

async function connected(path: string): Promise<Socket> {
  for (let tries = 0;; tries++) {
    const socket = connect(path);
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once(
        "error",
        () => resolve(false),
      );
    });
    if (isOpen) return socket;
    if (tries > 200) throw new Error("Redis does not start");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
