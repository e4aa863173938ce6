/**
 * The second half of a replay: the authorization server's metadata, and what the client makes of it.
 *
 * @module
 */

import type { JsonObject } from "../../http/body.ts";
import { parseUrl } from "../../runtime/identifiers.ts";
import { METADATA_HEADERS } from "../checks/documents.ts";
import type { Answer } from "../network/network.ts";
import { serverMetadataUrl } from "../checks/places.ts";
import { quoted } from "../output/text.ts";
import { goesOn, type Known, type Step, type Way } from "./way.ts";

/** The authorization server's metadata. */
export async function findServerMetadata(
  way: Way,
  server: string,
): Promise<Step<JsonObject>> {
  const { client, examination: { url, endpoint } } = way;
  if (parseUrl(server) === undefined) {
    return { stop: `${quoted(server)} is not an authorization server's URL.` };
  }
  const refusal = await way.examination.network.refusalOf(server);
  if (refusal !== undefined) {
    return { unsure: `${server} was not requested, since ${refusal}.` };
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
      if (client.serverGoesOnAfter === "unknown") return unsureOf(server);
      return { stop: `${place} is answered with ${describe(answer)}.` };
    }
  }
  if (client.serverGoesOnAfter === "unknown") return unsureOf(server);
  return {
    guess:
      `It finds no metadata of ${server}, and guesses /authorize and /token there.`,
  };
}

function unsureOf(server: string): { readonly unsure: string } {
  return {
    unsure:
      `It finds no metadata of ${server} where it is known to look. What it does then is not known.`,
  };
}

function describe({ status, exchange }: Answer): string {
  if (status === 0) return `nothing: ${exchange.failure}`;
  return status === 200 ? "what is not metadata" : `${status}`;
}

/** Where the user signs in. */
export function signInPage(
  { client }: Way,
  server: string,
  metadata: JsonObject,
): Step<string> {
  const { issuer, authorization_endpoint: page } = metadata;
  if (client.issuer === "unknown") {
    if (issuer !== server) {
      return {
        unsure: `The metadata of ${server} is ${quoted(issuer)}'s. ` +
          "Whether it accepts that is not known.",
      };
    }
  } else if (!isIssuer(client.issuer, server, issuer)) {
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
      metadata.client_id_metadata_document_supported === true &&
      (client.documentNeeds === undefined || acceptsPublic(metadata)),
  };
  const { registration } = client;
  if (
    registration !== "unknown" && !registration.some((each) => ways[each])
  ) {
    return {
      stop: "It cannot register, unless it is given a client identifier.",
    };
  }
  return { value: page };
}

function acceptsPublic(metadata: JsonObject): boolean {
  const methods = metadata.token_endpoint_auth_methods_supported;
  return Array.isArray(methods) && methods.includes("none");
}

function isIssuer(
  rule: Exclude<Known["issuer"], "unknown">,
  server: string,
  issuer: unknown,
): boolean {
  if (rule === "not compared") return true;
  // A value that is not a string may not be convertible to one.
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
