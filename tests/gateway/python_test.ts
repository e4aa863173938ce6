import {
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { eventually, freePort, startProgram } from "../e2e/example.ts";
import { call, INFO } from "../e2e/session.ts";
import { NOT_JUDGED } from "../runner/junit.ts";
import { startGateway, startTestIssuer } from "./command.ts";

const hasPython = spawnSync("python3", ["--version"]).status === 0;

test(
  hasPython
    ? "a server in Python behind the gateway: it learns who calls, and its sessions and events reach the client"
    : `${NOT_JUDGED}: there is no python3`,
  { timeout: 60_000 },
  async () => {
    if (!hasPython) return;
    const port = await freePort();
    const upstream = `http://127.0.0.1:${port}/mcp/`;
    const server = startProgram(
      ["python3", "tests/gateway/servers/whoami.py"],
      {
        PORT: `${port}`,
      },
    );
    const issuer = await startTestIssuer();
    await eventually(
      "the server to answer",
      () => fetch(upstream).catch(() => undefined),
      20,
    );
    const gateway = await startGateway(issuer, upstream);
    const redirected = await startGateway(issuer, upstream.slice(0, -1));
    try {
      const sub = "Ada Lovelace, 100 % ñ";
      const authorization = `Bearer ${await gateway.token({ sub })}`;
      const transport = new StreamableHTTPClientTransport(
        new URL(gateway.resource),
        {
          requestInit: { headers: { authorization } },
        },
      );
      const client = new Client(INFO);
      await client.connect(transport);
      const { tools } = await client.listTools();
      assertEquals(tools.map(({ name }) => name), ["whoami", "count"]);
      assertEquals(JSON.parse(await call(client, "whoami")), {
        user: sub,
        session: "session-1",
        authorization: null,
      });
      assertEquals(transport.sessionId === "session-1", false);
      const progress: number[] = [];
      await client.callTool({ name: "count", arguments: {} }, {
        onprogress: (event) => void progress.push(event.progress),
      });
      assertEquals(progress, [1, 2]);
      await client.close();

      const refused = await fetch(redirected.resource, {
        method: "POST",
        headers: {
          authorization: `Bearer ${await redirected.token()}`,
          "content-type": "application/json",
        },
        body: "{}",
      });
      assertEquals(refused.status, 502);
      await eventually(
        "the log",
        () => redirected.stdout().includes(`"reason":"redirect"`) || undefined,
        10,
      );
    } finally {
      for (const program of [gateway, redirected, server]) await program.stop();
      await issuer.turnOff();
    }
  },
);
