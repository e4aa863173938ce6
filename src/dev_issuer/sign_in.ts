/**
 * What a person sees of the development authorization server, and what becomes of the answer. Client names and
 * addresses come from whoever registered: all of it is escaped, and none of it becomes a link.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { html } from "hono/html";
import { type Html, htmlPage, type Page } from "./page.ts";
import { parseUrl } from "../runtime/identifiers.ts";
import type { DevIssuerOptions } from "./options.ts";

/** oidc-provider has no types. */
// deno-lint-ignore no-explicit-any
export type Untyped = any;

/** The part of a Koa context that is used here; `oidc` is oidc-provider's own. */
export interface Context {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly app: Untyped;
  readonly oidc: Untyped;
  readonly method: string;
  readonly path: string;
  query: Record<string, string | string[] | undefined>;
  status: number;
  body: unknown;
  set(fields: Readonly<Record<string, string>>): void;
  redirect(url: string): void;
}

/** A step of oidc-provider's handling of a request. */
export type Middleware = (
  ctx: Context,
  next: () => Promise<void>,
) => Promise<void>;

/** Shows the page between the authorization endpoint and the client, and takes its answer. */
export function signIn(
  { resource, scopes, scopeDescriptions, application }: DevIssuerOptions,
): Middleware {
  return async (ctx, next) => {
    if (!ctx.path.startsWith("/interaction/")) return await next();
    const provider = ctx.app;
    const details = await provider.interactionDetails(ctx.req, ctx.res)
      .catch(() => undefined);
    if (details === undefined || !ctx.path.endsWith(`/${details.uid}`)) {
      return sendPage(ctx, 400, errorPage("This page has expired."));
    }
    const { params, session } = details;
    // A client ID metadata document may be fetched again here, and be gone.
    const client = await provider.Client.find(params.client_id)
      .catch(() => undefined);
    const asked = requestedScopes(params, scopes);
    const question = {
      client: client?.clientName ?? nameOf(params.client_id),
      redirectUri: params.redirect_uri,
      resource: application === undefined
        ? resource ?? String(params.resource)
        : undefined,
      // An application that only wants to know who the user is leaves nothing to choose.
      scopes: application === undefined ? asked : [],
      descriptions: { ...DESCRIPTIONS, ...scopeDescriptions },
      user: session?.accountId ?? params.login_hint ?? "ada",
    };
    if (ctx.method !== "POST") return sendPage(ctx, 200, signInPage(question));

    const form = await readForm(ctx.req);
    const user = form.get("user")?.trim() ?? "";
    const approved = application === undefined
      ? asked.filter((scope) => form.getAll("scope").includes(scope))
      : asked;
    const denied = form.get("decision") !== "approve" || approved.length === 0;
    if (!denied && !/^[^\p{C}]{1,64}$/u.test(user)) {
      const error = "Write a name of 1 to 64 characters.";
      const page = signInPage({ ...question, checked: approved, error });
      return sendPage(ctx, 400, page);
    }
    const result = denied
      ? { error: "access_denied", error_description: "The user refused" }
      : {
        login: { accountId: user },
        consent: {
          grantId: (await consent(provider, user, params, approved)).jti,
        },
      };
    ctx.status = 303;
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
  };
}

/** Writes down what a user lets a client do, and what not: what is undecided would be asked again at once. */
export async function consent(
  provider: Untyped,
  accountId: string,
  params: Untyped,
  approved: readonly string[],
): Promise<Untyped> {
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  const refused = String(params.scope).split(" ")
    .filter((scope) => !approved.includes(scope));
  grant.addOIDCScope([...approved]);
  grant.rejectOIDCScope(refused);
  for (const indicator of [params.resource ?? []].flat()) {
    grant.addResourceScope(indicator, [...approved]);
    grant.rejectResourceScope(indicator, refused);
  }
  await grant.save();
  return grant;
}

/** The scopes of an authorization request that this server knows: all of them, or the resource's. */
export function requestedScopes(
  params: Untyped,
  scopes: readonly string[] | undefined,
): readonly string[] {
  const known = scopes && ["openid", "offline_access", ...scopes];
  return String(params.scope ?? "").split(" ")
    .filter((each) => each !== "" && (known?.includes(each) ?? true));
}

/** Sends a page. */
export function sendPage(
  ctx: Context,
  status: number,
  { headers, body }: Page,
): void {
  ctx.status = status;
  ctx.set(headers);
  ctx.body = body;
}

/** Reads a form's fields, from its first 16 KiB. */
async function readForm(
  request: AsyncIterable<Uint8Array>,
): Promise<URLSearchParams> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of request) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > 16384) break;
  }
  return new URLSearchParams(text);
}

/** What the sign-in page asks about. */
interface Question {
  /** What the client calls itself, or its identifier. */
  readonly client: string;
  /** Where the answer goes. */
  readonly redirectUri: string;
  /** `undefined`: it is asked who the user is, and nothing else. */
  readonly resource: string | undefined;
  /** Each can be refused. */
  readonly scopes: readonly string[];
  /** Those that are not refused so far. Default: all. */
  readonly checked?: readonly string[];
  /** What they allow, in words. */
  readonly descriptions: Readonly<Record<string, string>>;
  /** The name to begin with. */
  readonly user: string;
  /** What was wrong with the last answer. */
  readonly error?: string;
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  openid: "know your user name",
  offline_access: "stay connected while you are away",
};

/** Asks who signs in, and which scopes the client may have. It posts `user`, `scope` and `decision` to itself. */
function signInPage(question: Question): Page {
  const { client, redirectUri, resource, scopes, user, error } = question;
  const { checked = scopes, descriptions } = question;
  return htmlPage(
    "Sign in (development)",
    html`
      <h1>Sign in</h1>
      ${DEVELOPMENT}
      <p><strong>${client}</strong> asks ${resource === undefined
        ? "who you are"
        : html`for access to <code>${resource}</code>`}. The answer goes to <strong>${destination(
          redirectUri,
        )}</strong>.</p>
      <form method="post">
        <label for="user">User name</label>
        <input type="text" id="user" name="user" value="${user}" required
          maxlength="64" autocomplete="username" autocapitalize="none"
          spellcheck="false" autofocus aria-describedby="about-user">
        <p class="hint"
          id="about-user">${error === undefined ? [] : html`
            <strong class="error">${error}</strong>
          `}Any name will do: there are no accounts and no passwords.</p>
        ${scopes.length === 0 ? [] : html`
          <fieldset>
            <legend>It may</legend>
            ${scopes.map((scope) =>
              checkbox(scope, checked.includes(scope), descriptions)
            )}
          </fieldset>
        `}
        <p><button class="main" name="decision" value="approve">Approve</button>
        <button name="decision" value="deny" formnovalidate>Deny</button></p>
      </form>
    `,
  );
}

/** Says what went wrong. */
export function errorPage(message: string): Page {
  return htmlPage(
    "Cannot sign in (development)",
    html`
      <h1>Cannot sign in</h1>
      ${DEVELOPMENT}
      <p class="error">${message}</p>
      <p>Go back to your client and start again from there. If it does not help,
      let the client forget this login and connect again.</p>
    `,
  );
}

/** What every page says. */
export const DEVELOPMENT: Html = html`
  <p class="note"><strong>For development only.</strong> This server believes
  everyone. Do not use it for anything real.</p>
`;

function checkbox(
  scope: string,
  isChecked: boolean,
  descriptions: Readonly<Record<string, string>>,
): Html {
  const input = html`<input type="checkbox" name="scope" value="${scope}" ${
    isChecked ? "checked" : ""
  }>`;
  return Object.hasOwn(descriptions, scope)
    ? html`<label>${input}${descriptions[
      scope
    ]!} <code class="hint">${scope}</code></label>`
    : html`<label>${input}<code>${scope}</code></label>`;
}

/** What stands for the name of a client that has none: its document's URL. Any other identifier tells nobody anything. */
function nameOf(clientId: string): string {
  return /^https?:/.test(clientId) ? clientId : "A client without a name";
}

/** A web address is known by its host, an app's own scheme by the scheme. */
function destination(redirectUri: string): string {
  const { protocol = "", host = "" } = parseUrl(redirectUri) ?? {};
  return /^https?:$/.test(protocol) ? host : `the app for ${protocol}`;
}
