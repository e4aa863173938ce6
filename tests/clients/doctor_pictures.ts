/**
 * Draws the pictures of docs/doctor.md with Chromium: `node tests/clients/doctor_pictures.ts`. The server in them has
 * faults that are common: a slash at the end of `resource` and of the issuer, and no preflight.
 *
 * @module
 */

import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { styleText } from "node:util";
import { examine, formatReport, reportPage } from "../../src/doctor/mod.ts";
import { ROOT } from "../runner/commands.ts";
import { chromiumPath } from "./chromium.ts";
import { peer } from "./peers.ts";

interface Chromium {
  launch(options: {
    readonly executablePath: string | undefined;
    readonly args: readonly string[];
  }): Promise<{
    newPage(options: {
      readonly viewport: { readonly width: number; readonly height: number };
      readonly deviceScaleFactor: number;
    }): Promise<PicturePage>;
    close(): Promise<void>;
  }>;
}

interface PicturePage {
  setContent(markup: string): Promise<void>;
  locator(selector: string): {
    boundingBox(): Promise<Box>;
    screenshot(options: { readonly path: string }): Promise<unknown>;
  };
  screenshot(options: {
    readonly path: string;
    readonly fullPage: true;
    readonly clip: Box;
  }): Promise<unknown>;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const MARGIN = 16;

/** The colours of a dark terminal, by the code of the escape sequence. */
const COLORS: Readonly<Record<string, string>> = {
  1: "font-weight:700",
  2: "color:#8b949e",
  31: "color:#ff7b72",
  32: "color:#7ee787",
  33: "color:#e3b341",
  36: "color:#79c0ff",
};

/** Lends a server with faults, and its authorization server, to a function. */
async function withFaults(use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    request.resume();
    const origin = originOf(server);
    const json = (status: number, body: unknown, headers = {}): void => {
      response.writeHead(status, {
        "access-control-allow-headers": "mcp-protocol-version",
        "access-control-allow-origin": "*",
        "cache-control": status === 200 ? "max-age=300" : "no-store",
        "content-type": "application/json",
        ...headers,
      }).end(JSON.stringify(body));
    };
    const { method, url, headers } = request;
    if (url === "/mcp" && headers.origin === "https://stranger.example") {
      return json(403, {});
    }
    if (url === "/mcp") {
      const error = headers.authorization ? 'error="invalid_token", ' : "";
      const location = `${origin}/.well-known/oauth-protected-resource/mcp`;
      return json(401, { error: "unauthorized" }, {
        "access-control-expose-headers": "WWW-Authenticate",
        "www-authenticate":
          `Bearer ${error}scope="notes:read", resource_metadata="${location}"`,
      });
    }
    if (url?.startsWith("/.well-known/oauth-protected-resource/mcp")) {
      return json(200, {
        resource: `${origin}/mcp/`,
        authorization_servers: [issuer],
      });
    }
    return json(404, { error: "not_found", method });
  }).listen(0, "localhost");
  await once(server, "listening");
  const issuerServer = createServer((request, response) => {
    request.resume();
    const documents: Readonly<Record<string, unknown>> = {
      "/.well-known/oauth-authorization-server": {
        issuer: `${issuer}/`,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        registration_endpoint: `${issuer}/register`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ["code"],
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: ["none"],
        authorization_response_iss_parameter_supported: true,
      },
      "/jwks": { keys: [{ kty: "OKP", crv: "Ed25519", x: "AA" }] },
    };
    const found = documents[request.url ?? ""];
    response.writeHead(
      request.method === "OPTIONS" ? 204 : found === undefined ? 400 : 200,
      {
        "access-control-allow-origin": "*",
        "access-control-allow-headers": "content-type, mcp-protocol-version",
        "content-type": "application/json",
      },
    ).end(JSON.stringify(found ?? { error: "invalid_grant" }));
  }).listen(0, "localhost");
  await once(issuerServer, "listening");
  const issuer = originOf(issuerServer);
  try {
    await use(`${originOf(server)}/mcp`);
  } finally {
    for (const each of [server, issuerServer]) {
      each.closeAllConnections();
      each.close();
    }
  }
}

function originOf(server: { address(): unknown }): string {
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

/** An escape sequence that sets a style. */
const STYLED = new RegExp(`(${String.fromCharCode(27)}\\[\\d+m)`);

/** What a terminal shows, as markup: as wide as its longest line, so that nothing is cut off. */
function terminalMarkup(text: string): string {
  let open = 0;
  const body = text.split(STYLED).map((part) => {
    if (!STYLED.test(part)) {
      return part.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    }
    const style = COLORS[part.slice(2, -1)];
    if (style !== undefined) open++;
    else if (open > 0) open--;
    else return "";
    return style === undefined ? "</span>" : `<span style="${style}">`;
  }).join("");
  return `<body style="margin:0;background:#0d1117"><pre style="background:#0d1117;color:#e6edf3;display:inline-block;font:14px/1.5 ui-monospace,'DejaVu Sans Mono',monospace;margin:0;padding:20px 24px">${body}</pre></body>`;
}

const { chromium } = await peer<{ chromium: Chromium }>("playwright-core");
const browser = await chromium.launch({
  executablePath: chromiumPath(),
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  await withFaults(async (url) => {
    const report = await examine(url);
    const viewport = { width: 900, height: 800 };
    const page = await browser.newPage({ viewport, deviceScaleFactor: 1 });
    const prompt = styleText("green", "$", { validateStream: false });
    const text = formatReport(report, { colors: "ansi", columns: 90 });
    await page.setContent(
      terminalMarkup(`${prompt} gatehouse doctor ${url}\n${text}`),
    );
    await page.locator("pre").screenshot({
      path: join(ROOT, "docs/doctor-terminal.png"),
    });
    await page.setContent(await reportPage(report));
    for (
      const [part, name] of [["#summary", "page"], ["#requests", "requests"]]
    ) {
      const box = await page.locator(`${part}`).boundingBox();
      await page.screenshot({
        path: join(ROOT, `docs/doctor-${name}.png`),
        fullPage: true,
        clip: {
          x: box.x - MARGIN,
          y: box.y - MARGIN,
          width: box.width + 2 * MARGIN,
          height: box.height + 2 * MARGIN,
        },
      });
    }
  });
} finally {
  await browser.close();
}
