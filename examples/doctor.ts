/**
 * The doctor's page on the example that is running, for the person who develops it: `/doctor` on this machine. Not on
 * Workers, Vercel and Lambda, whose programs are bundles; there the command does.
 *
 * @module
 */

import type { Runtime } from "@gatehouse/mcp-auth";
import { examine, reportPage } from "@gatehouse/mcp-auth/doctor";
import { lookup } from "node:dns/promises";
import { type Environment, isLoopback, parseUrl } from "./environment.ts";

/** Answers with the page, where a request asks for it. */
export type Doctor = (request: Request) => Promise<Response> | undefined;

/** For how long a page is given again: whoever asks in a loop causes no more than one examination at a time. */
const PAGE_SECONDS = 10;
const DEADLINE_SECONDS = 30;

/** There is one where this machine alone can ask, about a resource that is on this machine. */
export function doctorOf(
  { resource, host }: Pick<Environment, "resource" | "host">,
): Doctor | undefined {
  const authority = host.includes(":") ? `[${host}]` : host;
  const isLocal = isLoopback(resource) && isLoopback(`http://${authority}`);
  const isTaken = /^\/doctor(?:\/|$)/.test(new URL(resource).pathname);
  return isLocal && !isTaken ? doctor(resource) : undefined;
}

/** Examines one resource, which no request can change, once for all who ask meanwhile. */
export function doctor(resource: string, platform: Runtime = {}): Doctor {
  const { now = Date.now } = platform;
  let page: Promise<string> | undefined;
  let endedAt = Infinity;

  async function draw(): Promise<string> {
    try {
      const report = await examine(resource, {
        deadlineSeconds: DEADLINE_SECONDS,
        lookup: addressesOf,
        platform,
      });
      return await reportPage(report);
    } finally {
      endedAt = now();
    }
  }

  return (request) => {
    if (!isAsked(request)) return undefined;
    if (now() - endedAt >= PAGE_SECONDS * 1000) page = undefined;
    if (page === undefined) {
      endedAt = Infinity;
      page = draw();
    }
    return page.then((body) => new Response(body, { headers: HEADERS }));
  };
}

/** By a name of this machine, since DNS can be made to lie about others. */
function isAsked({ method, url }: Request): boolean {
  return method === "GET" && isLoopback(url) &&
    parseUrl(url)?.pathname === "/doctor";
}

const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "frame-ancestors 'none'", // the page itself says the rest
  "content-type": "text/html; charset=utf-8",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

async function addressesOf(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address }) => address);
}
