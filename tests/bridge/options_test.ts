import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { oauthBridge, type OAuthBridgeOptions } from "../../src/bridge/mod.ts";
import {
  authorizePath,
  browser,
  clientId,
  flow,
  ISSUER,
  RESOURCE,
  world,
} from "./world.ts";

test("an option that cannot be used is refused, with its name", () => {
  const { options } = world();
  const rows: [name: string, value: unknown][] = [
    ["issuer", "http://notes.example"],
    ["issuer", `${ISSUER}/`],
    ["issuer", `${ISSUER}?a=b`],
    ["issuer", `${ISSUER}/.well-known/oauth-authorization-server`],
    ["resources", []],
    ["resources", RESOURCE],
    ["resource", `${RESOURCE}#a`],
    ["secrets", []],
    ["secrets", ["short"]],
    ["secrets", undefined],
    ["upstream", undefined],
    ["scopes_supported", "notes:read"],
    ["scopes_supported", ["two scopes"]],
    ["scopes_supported", ["offline_access"]],
    ["scopes_supported", Array.from({ length: 51 }, (_, i) => `s${i}`)],
    ["accessTokenSeconds", 59],
    ["accessTokenSeconds", 3601],
    ["accessTokenSeconds", "600"],
    ["allowedRedirectHosts", "claude.ai"],
    ["allowedRedirectHosts", ["https://claude.ai"]],
    ["allowedRedirectHosts", ["claude.ai:443"]],
    ["allowedRedirectHosts", ["Claude.ai"]],
    ["redirectSchemes", "app"],
    ["redirectSchemes", ["javascript"]],
    ["scopes", ["notes:read"]],
  ];
  for (const [name, value] of rows) {
    const option = name === "resource"
      ? { resources: [value] }
      : { [name]: value };
    assertThrows(
      () => oauthBridge({ ...options, ...option } as OAuthBridgeOptions),
      TypeError,
      name,
    );
  }
});

test("a bridge whose issuer has a path serves a flow below it", async () => {
  const here = world({ issuer: `${ISSUER}/auth` });
  const login = await flow(here);
  assertEquals(login.callback.searchParams.get("iss"), `${ISSUER}/auth`);
  assertEquals((await login.redeem()).status, 200);
});

test("two bridges of one host leave each other's cookies alone", async () => {
  const one = world();
  const other = world({ issuer: `${ISSUER}/auth` });
  const visitor = browser();
  for (const { bridge } of [one, other, one]) {
    const client_id = await clientId(bridge);
    await visitor.get(bridge, authorizePath({ client_id }));
  }
  assertEquals(visitor.cookies.size, 3);
});
