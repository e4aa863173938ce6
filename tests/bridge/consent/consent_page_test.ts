import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { test } from "node:test";
import { destination } from "../../../src/bridge/consent/consent_page.ts";
import { authorizePath, browser, clientId, world } from "../world.ts";

async function pageOf(
  metadata: Record<string, unknown>,
  parameters: Record<string, string | undefined> = {},
): Promise<{ readonly response: Response; readonly text: string }> {
  const { bridge } = world({
    scopeDescriptions: { "notes:read": "read <your> notes" },
  });
  const client_id = await clientId(bridge, metadata);
  const path = authorizePath({ client_id, ...parameters });
  const response = await browser().get(bridge, path);
  return { response, text: await response.text() };
}

test("it says who asks, where the answer goes, what for, and who will sign the person in", async () => {
  const { text } = await pageOf({ client_name: "Notes client" }, {
    scope: "notes:read notes:write",
  });
  for (
    const part of [
      "An unverified application",
      "It calls itself “Notes client”. Nobody has checked that.",
      "<dd>client.example</dd>",
      "<dd>notes.example/mcp</dd>",
      "<li>read &lt;your&gt; notes</li>",
      "<li>notes:write</li>",
      "Example ID asks you to sign in",
    ]
  ) assertStringIncludes(text, part);
});

test("a name is cut, stripped of what is invisible or turns text round, and escaped", async () => {
  const rows: [name: string, shown: string][] = [
    ["<script>alert(1)</script>", "“&lt;script&gt;alert(1)&lt;/script&gt;”"],
    ['" onload="alert(1)', "“&quot; onload=&quot;alert(1)”"],
    ["claude.ai\u202egnp.exe", "“claude.aignp.exe”"],
    ["Notes”. It is verified. “", "“Notes&quot;. It is verified. &quot;”"],
    ["two\r\nlines\u2028and\u0000more", "“twolinesandmore”"],
    ["zero\u200bwidth\u2066", "“zerowidth”"],
    ["x".repeat(200), `“${"x".repeat(80)}”`],
  ];
  for (const [client_name, shown] of rows) {
    const { text } = await pageOf({ client_name });
    assertStringIncludes(text, shown);
  }
  assertStringIncludes(
    (await pageOf({ client_name: "\u3164\u2800 \u202e \u115f" })).text,
    "It gives no name.",
  );
});

test("it names an app by its scheme, however much that looks like https", () => {
  const parts = { hostname: "h", port: "", isLoopback: false, rest: "" };
  for (const protocol of ["httpx:", "https.app:", "xhttps:"]) {
    assertEquals(
      destination({ ...parts, protocol }),
      `the app that opens ${protocol}// links`,
    );
  }
  assertEquals(destination({ ...parts, protocol: "https:" }), "h");
});

test("it warns where the answer goes to a program on this computer", async () => {
  const loopback = "http://127.0.0.1:33418/callback";
  const local = await pageOf({ redirect_uris: [loopback] }, {
    redirect_uri: loopback,
  });
  assertStringIncludes(local.text, "this computer (127.0.0.1:33418)");
  assertStringIncludes(local.text, "Approve only if");
  const { text } = await pageOf({});
  assertEquals(text.includes("Approve only if"), false);
});

test("its headers let nothing in and do not stop the form's redirects", async () => {
  const { response, text } = await pageOf({});
  const policy = response.headers.get("content-security-policy") ?? "";
  assertMatch(policy, /^default-src 'none'; /);
  assertStringIncludes(policy, "frame-ancestors 'none'");
  assertStringIncludes(policy, "base-uri 'none'");
  assertEquals(policy.includes("form-action"), false);
  assertEquals(policy.includes("unsafe"), false);
  assertEquals(response.headers.get("x-frame-options"), "DENY");
  assertEquals(response.headers.get("cache-control"), "no-store");
  // With no-referrer a browser would post "Origin: null", and the form would be refused.
  assertEquals(response.headers.get("referrer-policy"), "same-origin");
  assertEquals(
    /<script|<img|<link(?! rel="icon" href="data:,")|https?:\/\/(?!notes)/.test(
      text,
    ),
    false,
  );
});

test("its form is one POST whose two buttons are named decision", async () => {
  const { text } = await pageOf({});
  assertEquals(text.match(/<form/g)?.length, 1);
  assertStringIncludes(text, '<form method="post" action="/consent">');
  assertMatch(text, /<button class="main" name="decision" value="approve">/);
  assertMatch(text, /<button name="decision" value="deny">/);
  assert(text.indexOf("approve") < text.indexOf('"deny"'));
});
