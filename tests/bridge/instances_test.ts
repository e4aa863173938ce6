import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { clientId, flow, SECRET, world } from "./world.ts";

const NEW = "a new secret of thirty-two bytes or more";

test("instances with the same secrets serve one flow between them, request by request", async () => {
  const here = world();
  const bridges = [here.bridge, here.instance(), here.instance()];
  const login = await flow(here, { bridges });
  const tokens = await login.redeem();
  assertEquals(tokens.status, 200);
  const { access_token, refresh_token } = await tokens.json();
  for (const bridge of bridges) {
    assertEquals((await bridge.verifyAccessToken(access_token)).sub, "ada");
  }
  assertEquals((await login.refresh(refresh_token)).status, 200);
});

test("an instance with a new secret before the old one opens every old value", async () => {
  const here = world();
  const old = here.bridge;
  const rotated = here.instance({ secrets: [NEW, SECRET] });
  // The client registers and asks at an old instance, and is answered by the new one from then on.
  const bridges = [old, old, rotated, rotated, rotated];
  const login = await flow(here, { bridges });
  assertEquals((await login.redeem()).status, 200);
  const other = await flow(here, {
    client_id: await clientId(old),
    bridges: [old],
  });
  const { refresh_token } = await (await other.redeem()).json();
  const moved = { ...here, bridge: rotated };
  const again = await flow(moved, { client_id: other.client_id });
  assertEquals((await again.redeem()).status, 200);
  assertEquals((await again.refresh(refresh_token)).status, 200);
});

test("once the old secret is removed, all who came by it are logged out: this is how to stop everything", async () => {
  const here = world();
  const login = await flow(here);
  const { access_token, refresh_token } = await (await login.redeem()).json();
  const emptied = { ...here, bridge: here.instance({ secrets: [NEW] }) };
  const after = await flow(emptied);
  const { reason } = await emptied.bridge.verifyAccessToken(access_token)
    .then(() => ({ reason: "none" }), (error) => error);
  assertEquals(reason, "unknown_key");
  const response = await after.refresh(refresh_token);
  assertEquals(response.status, 400);
});
