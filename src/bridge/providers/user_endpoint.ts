/**
 * The user endpoint of a provider without ID tokens.
 *
 * @module
 */

import { type boundedFetch, readObject } from "./bounded_fetch.ts";
import { refusal } from "./outcomes.ts";
import type { UpstreamUser, UserEndpoint } from "./provider.ts";

/**
 * The user of an access token.
 *
 * @throws {UpstreamRefusal} If the provider rejects the token.
 * @throws {TypeError} If its response says neither.
 */
export async function userAt(
  { url, read }: UserEndpoint,
  fetch: ReturnType<typeof boundedFetch>,
  accessToken: string,
): Promise<UpstreamUser> {
  const response = await fetch(url, {
    headers: {
      accept: "application/json",
      authorization: `Bearer ${accessToken}`,
    },
  });
  if (response.status === 401) throw refusal("the access token");
  const user = read(await readObject(response));
  if (user === undefined) throw refusal("the access token");
  return user;
}
