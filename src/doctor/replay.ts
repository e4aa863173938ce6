/**
 * How far each client comes: its own way from the endpoint's URL to its user's sign-in, in its own order.
 * Not implemented: redirects to another origin, which older clients follow.
 *
 * @module
 */

import type { JsonObject } from "../fetch_json.ts";
import { CATALOGUE } from "./catalogue.ts";
import { BROWSER_ENTRIES } from "./catalogue_browser.ts";
import { readChallenge } from "./challenges.ts";
import {
  type Client,
  type ClientId,
  CLIENTS,
  type GoesOnAfter,
  nameOf,
} from "./clients.ts";
import { METADATA_HEADERS } from "./documents.ts";
import type { Examination } from "./examination.ts";
import { initialize } from "./messages.ts";
import type { Answer, Question } from "./network.ts";
import { isWithin, resourceMetadataUrl, serverMetadataUrl } from "./places.ts";
import type { Verdict } from "./report.ts";
import { printable, quoted } from "./text.ts";

const stage = "clients";

/** A client of which all is known that a replay needs: what is not known of PKCE and registration stops nobody. */
type Known =
  & Pick<Client, "pkce" | "registration">
  & {
    readonly [Name in Exclude<keyof Client, "pkce" | "registration">]: Exclude<
      Client[Name],
      "unknown"
    >;
  };

/** What a step of the way comes to, why the way ends there, or why nobody can say. */
type Step<T> =
  | { readonly value: T }
  | { readonly stop: string }
  | { readonly unsure: string };

/** One client on its way. */
interface Way {
  readonly examination: Examination;
  readonly client: Known;
  /** Asks, and remembers the number of what was asked. */
  ask(question: Omit<Question, "stage" | "purpose">): Promise<Answer>;
}

/** How far a client comes. */
export async function replay(
  examination: Examination,
  id: ClientId,
): Promise<Verdict> {
  const client = knownOf(CLIENTS[id]);
  if (id === "browser") return judgePage(examination);
  const numbers: number[] = [];
  const verdict = (outcome: Verdict["outcome"], reason: string): Verdict => ({
    client: id,
    name: nameOf(id),
    outcome,
    reason: printable(reason),
    exchanges: [...new Set(numbers)],
  });
  if (client === undefined) {
    return verdict("unknown", CLIENTS[id].remark ?? "Its sources are closed.");
  }
  const way: Way = {
    examination,
    client,
    async ask(question): Promise<Answer> {
      const purpose = `${nameOf(id)}: ${question.method ?? "GET"}`;
      const answers = await examination.network.read({
        stage,
        purpose,
        ...question,
      });
      numbers.push(...answers.map(({ exchange }) => exchange.number));
      return answers.at(-1) ?? answers[0];
    },
  };
  const end = await walk(way);
  if ("unsure" in end) return verdict("unknown", end.unsure);
  return "stop" in end
    ? verdict("stops", end.stop)
    : verdict("signs in", `It sends its user to ${end.value}.`);
}

/** A client in a page comes as far as the CORS protocol lets it, whatever it is made with. */
function judgePage({ findings }: Examination): Verdict {
  const obstacles = findings().filter(({ code }) =>
    code in BROWSER_ENTRIES &&
    CATALOGUE[code].clients.includes("browser")
  );
  const sightings = obstacles.flatMap((obstacle) => obstacle.sightings);
  return {
    client: "browser",
    name: nameOf("browser"),
    outcome: obstacles.length === 0 ? "signs in" : "stops",
    reason: obstacles.length === 0
      ? "Its browser lets it see every answer that it needs."
      : obstacles.map(({ title }) => `${title}.`).join(" "),
    exchanges: sightings.flatMap(({ exchanges }) => exchanges),
  };
}

function knownOf(client: Client): Known | undefined {
  const { pkce: _pkce, registration: _registration, ...needed } = client;
  return Object.values(needed).includes("unknown")
    ? undefined
    : client as Client & Known;
}

async function walk(way: Way): Promise<Step<string>> {
  const begun = await begin(way);
  if (!("value" in begun)) return begun;
  const found = await findServer(way, begun.value);
  if (!("value" in found)) return found;
  const metadata = await findMetadata(way, found.value);
  if (!("value" in metadata)) return metadata;
  return useMetadata(way, found.value, metadata.value);
}

/** The challenge, where there is one. */
async function begin(
  { client, examination: { url }, ask }: Way,
): Promise<Step<string | undefined>> {
  const answer = client.probe === "GET"
    ? await ask({ url, headers: { accept: "text/event-stream" } })
    : await ask(initialize(url));
  const { status, headers } = answer;
  if (status === 0) return { stop: "The endpoint does not answer." };
  if (status === 401) {
    return { value: headers.get("www-authenticate") ?? undefined };
  }
  if (client.probe === "GET") return { value: undefined };
  return {
    stop: status < 300
      ? "It is let in without a token, and asks nobody to sign in."
      : `It is answered with ${status}, and begins to sign in on 401 alone.`,
  };
}

/** The authorization server. */
async function findServer(
  way: Way,
  field: string | undefined,
): Promise<Step<string>> {
  const { client, examination: { url, endpoint } } = way;
  const { resource_metadata } = readChallenge(client.challenge, field ?? "");
  const fallback = client.withoutResourceMetadata === "origin"
    ? endpoint.origin
    : url;
  for (const place of client.resourceMetadata) {
    const named = place !== "header"
      ? resourceMetadataUrl(place, url)
      : mayFollow(way, resource_metadata);
    if (named === undefined) continue;
    const answer = await way.ask({ url: named, headers: METADATA_HEADERS });
    const { status, json } = answer;
    if (status === 200 && json !== undefined) {
      const fits = fitsResource(way, json, place === "root");
      if (!("value" in fits)) {
        if (client.resource === "identical") continue;
        return client.resource === "normalized" ? { value: fallback } : fits;
      }
      const [server] = Array.isArray(json.authorization_servers)
        ? json.authorization_servers
        : [];
      return { value: typeof server === "string" ? server : fallback };
    }
    const isLast = place === "header" &&
      client.afterHeader === "looks nowhere else";
    if (isLast || !goesOn(client.resourceGoesOnAfter, answer)) break;
  }
  return client.withoutResourceMetadata === "gives up"
    ? { stop: "It finds no metadata of the resource, and gives up." }
    : { value: fallback };
}

/** rmcp takes a URL of the endpoint's own origin alone. */
function mayFollow(
  { client, examination: { endpoint } }: Way,
  url: string | undefined,
): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const isForeign = new URL(url).origin !== endpoint.origin;
  return client.name === "Goose" && isForeign ? undefined : url;
}

function fitsResource(
  { client, examination: { url, endpoint } }: Way,
  { resource }: JsonObject,
  isRoot: boolean,
): Step<true> {
  const stop = `The metadata is for ${quoted(resource)}, not for ${url}.`;
  if (client.resource === "not compared") return { value: true };
  if (typeof resource !== "string" || !URL.canParse(resource)) return { stop };
  const named = new URL(resource);
  const fits = client.resource === "identical"
    ? resource === (isRoot ? endpoint.origin : url)
    : client.resource === "normalized"
    ? named.href === endpoint.href
    : isWithin(endpoint, named) ||
      client.resource === "prefix, slash or not" &&
        isWithin(new URL(`${endpoint.href}/`), named);
  return fits ? { value: true } : { stop };
}

/** The authorization server's metadata. */
async function findMetadata(
  way: Way,
  server: string,
): Promise<Step<JsonObject>> {
  const { client, examination: { url, endpoint } } = way;
  if (!URL.canParse(server)) {
    return { stop: `${quoted(server)} is not an authorization server's URL.` };
  }
  const refusal = await way.examination.network.refusalOf(server);
  if (refusal !== undefined) {
    return { unsure: `${server} was not asked, since ${refusal}.` };
  }
  const servers = client.serverFallback === "origin"
    ? [server, endpoint.origin]
    : [server];
  const urls = servers.flatMap((each) =>
    client.serverMetadata.map((place) => serverMetadataUrl(place, each, url))
  );
  for (const place of new Set(urls)) {
    const answer = await way.ask({ url: place, headers: METADATA_HEADERS });
    if (answer.status === 200 && answer.json !== undefined) {
      return { value: answer.json };
    }
    if (!goesOn(client.serverGoesOnAfter, answer)) {
      return { stop: `${place} is answered with ${describe(answer)}.` };
    }
  }
  return { stop: `It finds no metadata of ${server}.` };
}

function describe({ status, exchange }: Answer): string {
  if (status === 0) return `nothing: ${exchange.failure}`;
  return status === 200 ? "what is not metadata" : `${status}`;
}

function goesOn(after: GoesOnAfter, { status }: Answer): boolean {
  switch (after) {
    case "everything":
      return true;
    case "all but 5xx":
      return status < 500;
    case "404":
      return status === 404;
    case "4xx":
      return status >= 300 && status < 500;
    case "4xx and 502":
      return status >= 400 && status < 500 || status === 502;
    case "4xx and unreadable":
      return status === 200 || status >= 400 && status < 500;
  }
}

/** Where the user signs in. */
function useMetadata(
  { client }: Way,
  server: string,
  metadata: JsonObject,
): Step<string> {
  const { issuer, authorization_endpoint: page } = metadata;
  if (!isIssuer(client.issuer, server, issuer)) {
    return {
      stop: `The metadata of ${server} is ${quoted(issuer)}'s.`,
    };
  }
  if (typeof page !== "string" || typeof metadata.token_endpoint !== "string") {
    return { stop: "The metadata lacks endpoints." };
  }
  const methods = metadata.code_challenge_methods_supported;
  const isListed = Array.isArray(methods) && methods.length > 0;
  const hasS256 = isListed && methods.includes("S256");
  const isEnough = {
    "S256 must be listed": hasS256,
    "must be listed": isListed,
    "S256 where listed": hasS256 || methods === undefined,
    "not looked at": true,
    "unknown": true,
  }[client.pkce];
  if (!isEnough) {
    return {
      stop: "The authorization server does not advertise PKCE with S256.",
    };
  }
  const ways = {
    "dynamic": typeof metadata.registration_endpoint === "string",
    "client ID metadata document":
      metadata.client_id_metadata_document_supported === true,
  };
  const { registration } = client;
  if (
    registration !== "unknown" && !registration.some((each) => ways[each])
  ) {
    return {
      stop:
        "It has no way to introduce itself, unless it is given an identifier.",
    };
  }
  return { value: page };
}

function isIssuer(
  rule: Known["issuer"],
  server: string,
  issuer: unknown,
): boolean {
  if (rule === "not compared") return true;
  // What is no string may have no string form either.
  if (typeof issuer !== "string") return false;
  const root = (url: string): string =>
    url.replace(/^([^/]+\/\/[^/]+)\/$/, "$1");
  switch (rule) {
    case "identical":
      return issuer === server;
    case "identical, slash may be missing":
      return issuer === server || `${issuer}/` === server;
    case "identical but for a root slash":
      return root(issuer) === root(server);
  }
}
