/**
 * The first half of a replay: the resource's metadata, and the authorization server that it names.
 *
 * @module
 */

import type { JsonObject } from "../../http/body.ts";
import { parseUrl } from "../../runtime/identifiers.ts";
import { readChallenge } from "../checks/challenges.ts";
import { METADATA_HEADERS } from "../checks/documents.ts";
import { isWithin, resourceMetadataUrl } from "../checks/places.ts";
import { quoted } from "../output/text.ts";
import { goesOn, type Known, type Step, type Way } from "./way.ts";

/** The authorization server. */
export async function findServer(
  way: Way,
  field: string | undefined,
): Promise<Step<string>> {
  const { client, examination: { url, endpoint } } = way;
  const resource_metadata = locationIn(client, field ?? "");
  if (resource_metadata === null) {
    return { unsure: `It is not known how it reads ${quoted(field)}.` };
  }
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
    if (place === "header" && client.afterHeader === "unknown") {
      return {
        unsure: `${named} has no metadata. Where it looks then is not known.`,
      };
    }
    const isLast = place === "header" &&
      client.afterHeader === "looks nowhere else";
    if (isLast || !goesOn(client.resourceGoesOnAfter, answer)) break;
  }
  switch (client.withoutResourceMetadata) {
    case "gives up":
      return { stop: "It finds no metadata of the resource, and gives up." };
    case "unknown":
      return {
        unsure:
          "It finds no metadata of the resource. What it does then is not known.",
      };
    default:
      return { value: fallback };
  }
}

/** The URL of the metadata in a challenge; `null` if it is not known whether the client reads it. */
function locationIn(
  { challenge }: Known,
  field: string,
): string | undefined | null {
  if (challenge !== "unknown") {
    return readChallenge(challenge, field).resource_metadata;
  }
  const [narrow, wide] = (["quoted, Bearer first", "any scheme"] as const)
    .map((reading) => readChallenge(reading, field).resource_metadata);
  return narrow === wide ? narrow : null;
}

/** rmcp accepts only a URL on the endpoint's own origin. */
function mayFollow(
  { client, examination: { endpoint } }: Way,
  url: string | undefined,
): string | undefined {
  const target = parseUrl(url);
  if (target === undefined) return undefined;
  const isForeign = target.origin !== endpoint.origin;
  const isRmcp = client.name === "Goose" || client.name === "Codex";
  return isRmcp && isForeign ? undefined : url;
}

function fitsResource(
  { client, examination: { url, endpoint } }: Way,
  { resource }: JsonObject,
  isRoot: boolean,
): Step<true> {
  const stop = `The metadata is for ${quoted(resource)}, not for ${url}.`;
  if (client.resource === "not compared") return { value: true };
  if (client.resource === "unknown") {
    return resource === url ? { value: true } : {
      unsure: `The metadata is for ${quoted(resource)}, not for ${url}. ` +
        "Whether it accepts that is not known.",
    };
  }
  const named = parseUrl(resource);
  if (named === undefined) return { stop };
  const fits = client.resource === "identical"
    ? resource === (isRoot ? endpoint.origin : url)
    : client.resource === "normalized"
    ? named.href === endpoint.href
    : isWithin(endpoint, named) ||
      client.resource === "prefix, slash or not" &&
        isWithin(new URL(`${endpoint.href}/`), named);
  return fits ? { value: true } : { stop };
}
