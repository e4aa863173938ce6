/**
 * A browser without a screen whose person approves: it keeps cookies, follows redirects, and posts the bridge's consent
 * form as Chromium does.
 *
 * @module
 */

const MAX_HOPS = 15;

/** How it went. */
export interface Login {
  /** Where the client is waiting, with the answer. */
  readonly callback: URL;
  /** The scopes that each consent page listed. */
  readonly consents: readonly string[];
}

/**
 * Goes from a client's authorization request to the answer, which is where the client's redirect URI begins.
 *
 * `route` says where a URL is asked for: at one of several processes that are one server.
 *
 * @throws {Error} If a page is in the way that nobody can approve.
 */
export async function approve(
  start: URL,
  route: (url: URL) => URL = (url) => url,
): Promise<Login> {
  const redirectUri = start.searchParams.get("redirect_uri") ?? "";
  const cookies = new Map<string, string>();
  const consents: string[] = [];
  let url = start;
  let init: RequestInit = {};
  for (let hop = 0; hop < MAX_HOPS; hop++) {
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
    const response = await fetch(route(url), {
      ...init,
      headers: { ...init.headers, ...(cookie !== "" && { cookie }) },
      redirect: "manual",
    });
    for (const field of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(field) ?? [];
      if (/;\s*max-age=0/i.test(field)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get("location");
    const page = await response.text();
    if (location !== null) {
      url = new URL(location, url);
      init = {};
      if (url.href.startsWith(redirectUri)) return { callback: url, consents };
      continue;
    }
    const [, action] = /<form method="post" action="([^"]+)">/.exec(page) ?? [];
    if (action === undefined) {
      throw new Error(
        `Cannot log in: ${url} answered ${response.status} ${page}`,
      );
    }
    consents.push(
      ...[...page.matchAll(/<li>([^<]*)<\/li>/g)].map(([, scope]) => scope!),
    );
    const hidden = [...page.matchAll(/name="(\w+)" value="([^"]*)"/g)]
      .filter(([, name]) => name !== "decision").map((
        [, name, value],
      ) => [name!, value!]);
    init = {
      method: "POST",
      headers: {
        origin: url.origin,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: `${new URLSearchParams([...hidden, ["decision", "approve"]])}`,
    };
    url = new URL(action, url);
  }
  throw new Error(`Cannot log in: more than ${MAX_HOPS} steps`);
}
