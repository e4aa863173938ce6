/**
 * How far each client gets from the endpoint's URL to its user's sign-in, by its own requests in its own order.
 * Not implemented: redirects to another origin, which older clients follow.
 *
 * @module
 */

import { CATALOGUE } from "../findings/catalogue.ts";
import { BROWSER_ENTRIES } from "../findings/browser.ts";
import type { Client } from "../clients/client.ts";
import { type ClientId, CLIENTS, nameOf } from "../clients/clients.ts";
import type { Examination } from "../examination.ts";
import { initialize } from "../checks/messages.ts";
import type { Answer } from "../network/network.ts";
import { findServer } from "./resource.ts";
import { findServerMetadata, signInPage } from "./server.ts";
import type { Verdict } from "../report.ts";
import type { Known, Step, Way } from "./way.ts";

const stage = "clients";

/** How far a client gets. */
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
    reason: examination.network.clean(reason),
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
  if ("guess" in end) return verdict("guesses", end.guess);
  return "stop" in end
    ? verdict("stops", end.stop)
    : verdict("signs in", `It sends its user to ${end.value}.`);
}

/** A client in a web page gets as far as the CORS protocol allows, whatever it is built with. */
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
      ? "Its browser lets it read every response that it needs."
      : obstacles.map(({ title }) => `${title}.`).join(" "),
    exchanges: sightings.flatMap(({ exchanges }) => exchanges),
  };
}

function knownOf(client: Client): Known | undefined {
  const { probe, resourceMetadata, serverMetadata } = client;
  return [probe, resourceMetadata, serverMetadata].includes("unknown")
    ? undefined
    : client as Client & Known;
}

async function walk(way: Way): Promise<Step<string>> {
  const begun = await begin(way);
  if (!("value" in begun)) return begun;
  const found = await findServer(way, begun.value);
  if (!("value" in found)) return found;
  const metadata = await findServerMetadata(way, found.value);
  if (!("value" in metadata)) return metadata;
  return signInPage(way, found.value, metadata.value);
}

/** The challenge, if there is one. */
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
      ? "It is accepted without a token, and does not ask its user to sign in."
      : `It is answered with ${status}, and starts to sign in only on 401.`,
  };
}
