/**
 * The client that the conformance suite's DPoP scenarios start: `dpop_client.ts <URL of the suite's MCP server>`. Each of
 * its requests passes the guard, which takes the suite's server for the resource, before it reaches that server. It fails
 * if the guard refuses a proof that the suite accepts, or accepts one twice.
 *
 * @module
 */
import { decodeJwt } from "jose";
import process from "node:process";
import { protectResource } from "../../mod.ts";
import { dpop } from "../../src/dpop/mod.ts";
import { message } from "../contract/messages.ts";
import { logInBound, METADATA, type Send } from "../e2e/dpop_client.ts";

/** The guard in front of a server at another URL, which receives the token and the proof too. */
async function guardedBy(resource: string): Promise<Send> {
  const path = "/.well-known/oauth-protected-resource/mcp";
  const { authorization_servers } = await (await fetch(new URL(path, resource)))
    .json();
  const guard = protectResource((request) => fetch(request), {
    metadata: { resource, authorization_servers },
    dpop: dpop({ mode: "required" }),
    // The suite's authorization server publishes no keys. Its own server verifies no signature of a token either.
    verifyAccessToken: (token) => Promise.resolve(decodeJwt(token)),
    mirror: null,
  });
  return async (url, init) => await guard(new Request(url, init));
}

async function main(resource: string): Promise<void> {
  const send = await guardedBy(resource);
  const client = await logInBound(resource, {
    send,
    // The suite's answer lacks client_secret_expires_at, which RFC 7591 requires beside a secret.
    async register({ registration_endpoint }): Promise<{ client_id: string }> {
      const response = await fetch(registration_endpoint!, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(METADATA),
      });
      const { client_id } = await response.json();
      return { client_id };
    },
  });
  const initialize = message("initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "Gatehouse's tests", version: "1.0.0" },
  });
  const messages = [
    initialize,
    message("notifications/initialized"),
    message("tools/list", {}),
  ];
  let session: string | null = null;
  for (const each of messages) {
    const response: Response = await client.post(each, {
      "mcp-protocol-version": "2025-11-25",
      ...(session !== null && { "mcp-session-id": session }),
    });
    await response.text();
    if (!response.ok) throw new Error(`The server answers ${response.status}`);
    session ??= response.headers.get("mcp-session-id");
    const repeated = await send(resource, client.sent());
    await repeated.text();
    if (
      repeated.status !== 401 ||
      !/^DPoP error="invalid_dpop_proof"/.test(
        repeated.headers.get("www-authenticate") ?? "",
      )
    ) throw new Error(`The guard answers ${repeated.status} to a used proof`);
  }
}

await main(process.argv.at(-1) ?? "");
