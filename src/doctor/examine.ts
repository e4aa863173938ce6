/**
 * The examination of an MCP server's OAuth.
 *
 * @module
 */

import { parseUrl, suggestedUrl } from "../runtime/identifiers.ts";
import {
  aFunction,
  aPositiveNumber,
  aString,
  checkOptions,
  type OptionShape,
  optionsOf,
  strings,
} from "../runtime/option_checks.ts";
import {
  resolvePlatform,
  type Runtime,
  RUNTIME_SHAPE,
} from "../runtime/platform.ts";
import { reachOf } from "./network/addresses.ts";
import { examineAgreement } from "./checks/agreement.ts";
import { examineBrowser } from "./checks/browser.ts";
import { examineChallenge, examineScheme } from "./checks/challenges.ts";
import { dpopOffer } from "./checks/dpop.ts";
import { CLIENT_IDS } from "./clients/clients.ts";
import type { FoundDocument } from "./checks/documents.ts";
import { examineEndpoint } from "./checks/endpoint.ts";
import { beginExamination, type Examination } from "./examination.ts";
import { examineForgedFields } from "./checks/forged_fields.ts";
import { openNetwork } from "./network/network.ts";
import { replay } from "./replay/replay.ts";
import type { Exchange, Report, Verdict } from "./report.ts";
import { examineResourceMetadata } from "./checks/resource_metadata.ts";
import { examineMirror, examineServer } from "./checks/servers.ts";
import { listed } from "./output/text.ts";
import { examineTokens, type Tokens, TOKENS_SHAPE } from "./checks/tokens.ts";

/** How long an examination may take. */
const DEADLINE_SECONDS = 90;

/** Options of {@linkcode examine}. */
export interface ExamineOptions {
  /** Access tokens to present. The report omits them. Default: only forged ones. */
  readonly tokens?: Tokens | undefined;
  /**
   * Hosts that may receive requests although they are not on the public internet. Default: hosts that are no farther
   * away than the server itself; for a loopback server, other loopback hosts.
   */
  readonly allowHosts?: readonly string[] | undefined;
  /** Resolves a host name to its addresses. Default: names are not resolved. */
  readonly lookup?:
    | ((hostname: string) => Promise<readonly string[]>)
    | undefined;
  /** The `Origin` of a page that the server should allow. Default: the MCP Inspector's if the server is on loopback, an https origin otherwise. */
  readonly origin?: string | undefined;
  /** How long the examination may take, in seconds. Default: 90. */
  readonly deadlineSeconds?: number | undefined;
  /** Receives every request and its response, as soon as it is answered. Default: nothing is called. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined;
  /** Sends the requests. Default: the runtime's `fetch`. */
  readonly platform?: Runtime | undefined;
}

const SHAPE: OptionShape<ExamineOptions> = {
  members: {
    tokens: optionsOf(TOKENS_SHAPE),
    allowHosts: strings,
    lookup: aFunction,
    origin: aString,
    deadlineSeconds: aPositiveNumber,
    onExchange: aFunction,
    platform: optionsOf(RUNTIME_SHAPE),
  },
};

/**
 * Examines a live MCP server from the outside: sends the requests of each generation of clients, without credentials, and
 * checks the responses. It changes nothing on the server: it registers no client and signs no user in. Each request is
 * limited to 5 seconds and 256 KiB, and all of them to `deadlineSeconds`. Redirects are followed only within one origin.
 * A URL from a document is requested only if it is https on the internet, or as near as the server itself.
 *
 * @example Your own server
 * ```ts
 * import { examine } from "@gatehouse/mcp-auth/doctor";
 *
 * const { findings } = await examine("https://notes.example.com/mcp");
 * for (const { severity, title } of findings) console.log(severity, title);
 * ```
 *
 * @throws {TypeError} If the URL is not an absolute http or https URL, or has credentials or a fragment.
 */
export async function examine(
  url: string,
  options: ExamineOptions = {},
): Promise<Report> {
  checkOptions(options, "", SHAPE);
  const endpoint = endpointOf(url);
  const { tokens = {}, deadlineSeconds = DEADLINE_SECONDS } = options;
  const platform = resolvePlatform(options.platform);
  const startedAt = new Date(platform.now()).toISOString();
  const isLoopback = reachOf(endpoint.hostname) === "loopback";
  const network = openNetwork(platform, {
    examined: endpoint,
    allowHosts: options.allowHosts ?? [],
    deadlineSeconds,
    secrets: Object.values(tokens).filter((token) => Boolean(token)),
    lookup: options.lookup,
    onExchange: options.onExchange,
  });
  const examination = beginExamination({
    url,
    endpoint,
    network,
    pageOrigin: options.origin ??
      (isLoopback ? "http://localhost:6274" : "https://client.example"),
    now: platform.now,
  });
  const { clients, dpop } = await examineAll(examination, tokens);
  judgeExchanges(examination);
  return {
    url,
    startedAt,
    findings: examination.findings(),
    advice: examination.advice(),
    clients,
    ...(dpop && { dpop }),
    exchanges: network.exchanges,
  };
}

function endpointOf(url: string): URL {
  const endpoint = parseUrl(url);
  if (endpoint === undefined || !/^https?:$/.test(endpoint.protocol)) {
    throw new TypeError(
      `Cannot examine ${JSON.stringify(url)}: write an absolute https URL${
        suggestedUrl(url)
      }`,
    );
  }
  if (endpoint.username + endpoint.password + endpoint.hash !== "") {
    // The message does not repeat it: it may contain a password.
    throw new TypeError(
      "Cannot examine this URL: remove its credentials and its fragment",
    );
  }
  return endpoint;
}

async function examineAll(
  examination: Examination,
  tokens: Tokens,
): Promise<Pick<Report, "clients" | "dpop">> {
  const unauthorized = await examineEndpoint(examination);
  if (unauthorized === undefined) return { clients: [] };
  if (unauthorized.status === 401) {
    await examineChallenge(examination, unauthorized);
  }
  const metadata = await examineResourceMetadata(examination, unauthorized);
  const dpop = dpopOffer(examination, unauthorized, metadata?.found);
  if (unauthorized.status === 401) {
    examineScheme(examination, unauthorized, dpop);
  }
  const listed = metadata?.servers;
  // In MCP versions without this metadata, the MCP server's origin was the authorization server.
  const servers = listed ?? [examination.endpoint.origin];
  const found: FoundDocument[] = [];
  for (const server of servers) {
    const document = await examineServer(examination, server);
    if (document !== undefined) found.push(document);
  }
  await examineAgreement(examination, metadata?.found, found);
  if (listed?.length) await examineMirror(examination, listed);
  await examineForgedFields(examination);
  await examineBrowser(examination, unauthorized, found);
  await examineTokens(examination, unauthorized, servers, tokens, dpop);
  const clients: Verdict[] = [];
  for (const id of CLIENT_IDS) clients.push(await replay(examination, id));
  return { clients, dpop };
}

function judgeExchanges({ network, find }: Examination): void {
  for (const { failure, method, url } of network.exchanges) {
    if (failure?.startsWith("the body")) {
      find("answer-without-end", `${method} ${url}: ${failure}.`);
    }
  }
  const { unasked } = network;
  if (unasked.length === 0) return;
  const first = listed(unasked.slice(0, 3));
  find(
    "incomplete",
    `${unasked.length} requests were not sent: ${first} first.`,
  );
}
