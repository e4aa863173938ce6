/**
 * The person at the SDK clients' side, and the store of what they keep: a provider without a browser, and without a disk.
 *
 * @module
 */
// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/shared/auth"
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from "@modelcontextprotocol/sdk/shared/auth.js";
// @ts-types="@modelcontextprotocol/sdk/client/auth"
import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
} from "@modelcontextprotocol/sdk/client/auth.js";

/** A provider for the clients of both SDKs. */
export interface HeadlessProvider extends OAuthClientProvider {
  /** The scopes of every login that was asked for, in order. */
  readonly logins: readonly string[];
  /** What the authorization server answered to the last login. */
  callback(): URLSearchParams;
}

/** Nobody listens there: a redirect to it is read, and not followed. */
const REDIRECT_URI = "http://127.0.0.1:33418/callback";
const MAX_REDIRECTS = 10;

/** A provider that knows nothing yet. `browse` goes where a login leads, and comes back with the client's answer. */
export function headlessProvider(
  metadata: Partial<OAuthClientMetadata> & {
    /** SDK v1 sends it without knowing it. */
    readonly application_type?: "native" | "web";
  } = {},
  browse: (start: URL) => Promise<URLSearchParams> = followRedirects,
): HeadlessProvider {
  const logins: string[] = [];
  let callback = new URLSearchParams();
  let client: OAuthClientInformationMixed | undefined;
  let discovery: OAuthDiscoveryState | undefined;
  let state = "";
  let tokens: OAuthTokens | undefined;
  let verifier = "";
  return {
    logins,
    callback: () => callback,
    redirectUrl: REDIRECT_URI,
    clientMetadata: {
      client_name: "Gatehouse's tests",
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
      ...metadata,
    },
    state: () => state = crypto.randomUUID(),
    clientInformation: () => client,
    saveClientInformation: (value) => void (client = value),
    tokens: () => tokens,
    saveTokens: (value) => void (tokens = value),
    codeVerifier: () => verifier,
    saveCodeVerifier: (value) => void (verifier = value),
    discoveryState: () => discovery,
    saveDiscoveryState: (value) => void (discovery = value),
    async redirectToAuthorization(url): Promise<void> {
      logins.push(url.searchParams.get("scope") ?? "");
      callback = await browse(url);
      // The oldest clients send none.
      if ((callback.get("state") ?? "") !== state) {
        throw new Error(`The login ended with ${callback}`);
      }
    },
  };
}

/**
 * Follows redirects as a browser does, with its cookies, to the one that goes to the client.
 *
 * @throws {Error} If there is a page on the way, for somebody to read.
 */
async function followRedirects(start: URL): Promise<URLSearchParams> {
  const jars = new Map<string, Map<string, string>>();
  let url = start;
  for (let hop = 0; hop < MAX_REDIRECTS; hop++) {
    const jar = jars.get(url.hostname) ?? new Map<string, string>();
    jars.set(url.hostname, jar);
    const cookie = [...jar].map((pair) => pair.join("=")).join("; ");
    const response = await fetch(url, {
      headers: cookie === "" ? {} : { cookie },
      redirect: "manual",
    });
    const location = response.headers.get("location");
    if (location === null) {
      throw new Error(
        `Cannot log in: ${url} answered ${response.status} ${await response
          .text()}`,
      );
    }
    await response.body?.cancel();
    for (const field of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(field) ?? [];
      if (name !== undefined && value !== undefined) jar.set(name, value);
    }
    url = new URL(location, url);
    if (url.href.startsWith(`${REDIRECT_URI}?`)) return url.searchParams;
  }
  throw new Error(`Cannot log in: more than ${MAX_REDIRECTS} redirects`);
}
