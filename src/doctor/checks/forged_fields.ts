/**
 * Whether a request's headers can change the server's identity.
 *
 * @module
 */

import type { Examination } from "../examination.ts";
import { initialize } from "./messages.ts";
import { resourceMetadataUrl } from "./places.ts";

const stage = "forged fields";
const FORGED_HOST = "forged.invalid";
const FIELDS = {
  "x-forwarded-host": FORGED_HOST,
  "x-forwarded-proto": "https",
  "forwarded": `host=${FORGED_HOST};proto=https`,
};

/** Examines the effect of headers that only a proxy should write. */
export async function examineForgedFields(
  { url, network, find }: Examination,
): Promise<void> {
  const challenged = await network.ask({
    stage,
    purpose: "initialize without a token, with a forged host",
    ...initialize(url, FIELDS),
  });
  // A unique URL, so that no cache serves a forged document to others.
  const metadata = new URL(resourceMetadataUrl("path", url));
  metadata.searchParams.set("gatehouse-doctor", crypto.randomUUID());
  const described = await network.ask({
    stage,
    purpose: "protected resource metadata, with a forged host",
    url: metadata.href,
    headers: { accept: "application/json", ...FIELDS },
  });
  for (const answer of [challenged, described]) {
    const said = [answer.text, ...answer.headers.values()].join("\n");
    const place = said.indexOf(FORGED_HOST);
    if (place === -1) continue;
    const around = said.slice(Math.max(0, place - 60), place + 60);
    find("forwarded-host-trusted", `The answer says ${around}`, answer);
  }
}
