/**
 * What a resource does for each fault, as it was seen: two tables, for docs/security.md. By itself, this program
 * writes them there: `deno run -A tests/fault_matrix.ts`.
 *
 * @module
 */

import { base64url } from "jose";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { protectResource } from "../src/protect_resource.ts";
import { testIssuer, type TestKey } from "../src/testing/mod.ts";
import type { Handler } from "../src/types.ts";
import { type Fault, FAULTS, type Scene } from "./support/faults.ts";
import { byTheClock } from "./support/virtual_time.ts";

/** Whether the resource had the issuer's keys when the fault began. */
export type Start = "cold" | "warm";

/** What was seen of one fault. */
export interface Observation {
  /** The cells of its row. */
  readonly cells: readonly string[];
  /** How many fetches of one URL went on at one time, at most. */
  readonly fetchesAtOnce: number;
  /** The hosts that were asked. */
  readonly hosts: ReadonlySet<string>;
}

export const HEADINGS: readonly string[] = [
  "fault",
  "answer",
  "longest wait",
  "fetches in a minute",
  "good again within",
  "on the wire",
];

const ISSUER = "https://auth.example.com";
const RESOURCE = "https://notes.example.com/mcp";
const CALLERS = 5;
/** Without keys there is nothing that ages. */
const COLD_MINUTES: readonly number[] = [0, 1];
// deno-fmt-ignore
const WARM_MINUTES: readonly number[] = [
  0, 1, 5, 7, 8, 9, 10, 11, 15, 30, 60, 69, 70, 71, 77, 78, 79, 80,
];

interface Stage extends Scene {
  readonly handle: Handler;
  /** How often each URL was asked for since it was last cleared. */
  readonly fetches: Map<string, number>;
  readonly hosts: Set<string>;
  fetchesAtOnce: number;
}

/** Runs both parts of a row by the clock. */
export async function observe(
  fault: Fault,
  start: Start,
): Promise<Observation> {
  const burst = await stageOf(fault);
  const minute = await byTheClock(
    burst.issuer.platform,
    () => watchMinute(burst, fault, start),
  );
  const long = await stageOf(fault);
  const hours = await byTheClock(
    long.issuer.platform,
    () => watchHours(long, fault, start),
  );
  const onTheWire = start === "cold"
    ? fault.coldOnTheWire
    : fault.warmOnTheWire;
  return {
    cells: [
      fault.what,
      hours.value,
      `${minute.value.longestWait} s`,
      `${minute.value.fetches}`,
      minute.value.goodAgain,
      onTheWire?.replace(/:.*/, "") ?? "",
    ],
    fetchesAtOnce: Math.max(burst.fetchesAtOnce, long.fetchesAtOnce),
    hosts: burst.hosts,
  };
}

async function stageOf({ cache }: Fault): Promise<Stage> {
  const issuer = await testIssuer({ issuer: ISSUER, audience: RESOURCE });
  const before = issuer.keys[0]!;
  const tokens = new Map<TestKey | undefined, string>();
  const inFlight = new Map<string, number>();
  const count = (map: Map<string, number>, url: string, by = 1): number => {
    const sum = (map.get(url) ?? 0) + by;
    map.set(url, sum);
    return sum;
  };
  const stage: Stage = {
    issuer,
    fault: undefined,
    clockOffsetSeconds: 0,
    fetches: new Map(),
    hosts: new Set(),
    fetchesAtOnce: 0,
    sleep: (seconds) =>
      new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
    token: async (kid = before.kid) => {
      const key = [before, ...issuer.keys].find((key) => key.kid === kid);
      const token = tokens.get(key) ??
        await issuer.token({ iat: undefined, exp: 1e11 }, {}, key);
      tokens.set(key, token);
      return key === undefined ? renamed(token, kid) : token;
    },
    handle: protectResource(() => new Response("Hello"), {
      metadata: { resource: RESOURCE, authorization_servers: [ISSUER] },
      platform: {
        ...(cache && { cache }),
        now: () => issuer.platform.now() + stage.clockOffsetSeconds * 1000,
        async fetch(url, init): Promise<Response> {
          stage.hosts.add(new URL(url).host);
          count(stage.fetches, url);
          const atOnce = count(inFlight, url);
          stage.fetchesAtOnce = Math.max(stage.fetchesAtOnce, atOnce);
          try {
            const answer = stage.fault?.(url) ?? issuer.platform.fetch;
            return await answer(url, init);
          } finally {
            count(inFlight, url, -1);
          }
        },
      },
    }),
  };
  return stage;
}

/** The token by another key id: it is refused before anyone looks at its signature. */
function renamed(token: string, kid: string): string {
  const header = JSON.stringify({ alg: "ES256", kid, typ: "at+jwt" });
  return token.replace(/^[^.]*/, base64url.encode(header));
}

/** Five callers a second for a minute, beginning when keys have to be read; then it is mended, with a new key. */
async function watchMinute(
  stage: Stage,
  fault: Fault,
  start: Start,
): Promise<
  { longestWait: number; fetches: number; goodAgain: string }
> {
  const { issuer, fetches, sleep } = stage;
  await begin(stage, fault, start);
  if (start === "warm") await sleep(fault.idleSeconds ?? 600);
  fetches.clear();
  let longest = 0;
  const end = issuer.platform.now() + 60_000;
  while (issuer.platform.now() < end) {
    const begun = issuer.platform.now();
    await Promise.all(Array.from({ length: CALLERS }, async (_, caller) => {
      await ask(stage, await bearerOf(stage, fault, `${begun}-${caller}`));
      longest = Math.max(longest, issuer.platform.now() - begun);
    }));
    await flood(stage, fault, begun);
    await sleep(1);
  }
  const most = Math.max(0, ...fetches.values());

  // It is mended at the worst time: right after it was asked.
  const token = await bearerOf(stage, fault, "last");
  const asked = sumOf(fetches);
  for (let second = 0; second < 15 && sumOf(fetches) === asked; second++) {
    await sleep(1);
    await ask(stage, token);
  }
  stage.fault = undefined;
  issuer.delaySeconds = 0;
  await issuer.rotate();
  const mended = issuer.platform.now();
  const next = await stage.token(issuer.keys[0]!.kid);
  while (await ask(stage, next) !== "200") await sleep(1);
  const seconds = Math.round((issuer.platform.now() - mended) / 1000);
  return {
    longestWait: Math.round(longest / 100) / 10,
    fetches: most,
    goodAgain: `${seconds} s`,
  };
}

function sumOf(fetches: ReadonlyMap<string, number>): number {
  return [...fetches.values()].reduce((sum, count) => sum + count, 0);
}

/** One caller at some minutes, the ones around which answers may change among them. */
async function watchHours(
  stage: Stage,
  fault: Fault,
  start: Start,
): Promise<string> {
  await begin(stage, fault, start);
  await stage.sleep(fault.idleSeconds ?? 0);
  const runs: string[] = [];
  let last = "";
  let now = 0;
  for (const minute of start === "cold" ? COLD_MINUTES : WARM_MINUTES) {
    await stage.sleep((minute - now) * 60);
    now = minute;
    const answer = await ask(stage, await bearerOf(stage, fault, `${minute}`));
    await flood(stage, fault, minute);
    if (answer !== last) {
      runs.push(minute === 0 ? answer : `from minute ${minute} ${answer}`);
    }
    last = answer;
  }
  return runs.join(", ");
}

async function begin(stage: Stage, fault: Fault, start: Start): Promise<void> {
  if (start === "warm") {
    const answer = await ask(stage, await stage.token());
    if (answer !== "200") throw new Error(`Cannot begin: ${answer}`);
    await stage.sleep(10); // from then on an unknown key is asked for
  }
  const { answer, begin } = fault;
  if (answer) stage.fault = (url) => answer(url, stage.issuer);
  await begin?.(stage);
}

function bearerOf(
  stage: Stage,
  { bearer }: Fault,
  unique: string,
): Promise<string> {
  if (bearer === "unknown key") return stage.token(`unknown-${unique}`);
  if (bearer === "next key") return stage.token(stage.issuer.keys[0]!.kid);
  return stage.token();
}

async function flood(
  stage: Stage,
  { flood }: Fault,
  unique: number,
): Promise<void> {
  if (flood === undefined) return;
  await Promise.all(Array.from({ length: CALLERS }, async (_, caller) => {
    await ask(stage, await stage.token(`flood-${unique}-${caller}`));
  }));
}

/** Presents a token, and says what comes of it as the tables do. */
async function ask({ handle }: Stage, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await handle(new Request(RESOURCE, { headers }));
  const retry = response.headers.get("retry-after");
  const marks = [
    ...(retry === null ? [] : [`retry after ${retry} s`]),
    ...(response.headers.has("www-authenticate") ? ["challenge"] : []),
  ];
  return marks.length === 0
    ? `${response.status}`
    : `${response.status} (${marks.join(", ")})`;
}

/** A table as the formatter writes it. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const all = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...all.map((row) => row[column]!.length))
  );
  const [heading, ...lines] = all.map((row) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |\n`
  );
  const rule = widths.map((width) => "-".repeat(width)).join(" | ");
  return [heading, `| ${rule} |\n`, ...lines].join("");
}

const DOCUMENT = fileURLToPath(new URL("../docs/security.md", import.meta.url));

/** A table as the document has it, and all that is around it. */
export function documented(
  start: Start,
): Readonly<Record<"before" | "table" | "after", string>> {
  const text = readFileSync(DOCUMENT, "utf8");
  const mark = `<!-- ${start}: written by tests/fault_matrix.ts -->\n\n`;
  const from = text.indexOf(mark) + mark.length;
  const to = text.indexOf("|\n\n", from) + 2;
  return {
    before: text.slice(0, from),
    table: text.slice(from, to),
    after: text.slice(to),
  };
}

async function write(): Promise<void> {
  for (const start of ["cold", "warm"] as const) {
    const rows: (readonly string[])[] = [];
    for (const fault of FAULTS) rows.push((await observe(fault, start)).cells);
    const { before, after } = documented(start);
    writeFileSync(DOCUMENT, before + tableOf(rows) + after);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await write();
