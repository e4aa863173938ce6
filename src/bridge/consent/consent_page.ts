/**
 * The page on which a person lets a client in, before the provider is asked who the person is. The provider knows one
 * application and cannot ask this: without the page, whoever signed in before would let every client in.
 *
 * @module
 */

import type { Context } from "hono";
import { html } from "hono/html";
import type { Client } from "../clients/client.ts";
import type { RedirectUri } from "../clients/redirect_uri.ts";
import { sendPage } from "./page.ts";

/** What is asked. */
export interface Question {
  readonly client: Client;
  /** Names the transaction. */
  readonly state: string;
  /** The form's own token. */
  readonly form: string;
  readonly resource: string;
  readonly scope: readonly string[];
  /** Where the answer goes. */
  readonly target: RedirectUri;
  /** Where the form goes. */
  readonly action: string;
  /** Who will sign the person in. */
  readonly provider: string;
  /** The scopes in words. */
  readonly scopeDescriptions: Readonly<Record<string, string>>;
}

/** Asks. The form posts `state`, `form` and `decision`. */
export function sendConsentPage(
  c: Context,
  {
    client,
    state,
    form,
    resource,
    scope,
    target,
    action,
    provider,
    scopeDescriptions,
  }: Question,
): Promise<Response> {
  const { host, client_name: name } = client;
  const who = host !== undefined
    ? html`${host}${
      name === undefined ? "" : html`<small>It calls itself “${name}”.</small>`
    }`
    : html`An unverified application<small>${
      name === undefined
        ? "It gives no name."
        : html`It calls itself “${name}”. Nobody has checked that.`
    }</small>`;
  return sendPage(
    c,
    200,
    "Allow access?",
    html`
      <h1>Allow access?</h1>
      <dl>
        <div>
          <dt>Who asks</dt>
          <dd>${who}</dd>
        </div>
        <div>
          <dt>You will be sent back to</dt>
          <dd>${destination(target)}</dd>
        </div>
        <div>
          <dt>It wants to use</dt>
          <dd>${resource.replace(/^https?:\/\//, "")}</dd>
        </div>
        <div>
          <dt>It will be allowed to</dt>
          <dd>${scope.length === 0
            ? html`
              <ul>
                <li>know who you are</li>
              </ul>
            `
            : html`<ul>${
              scope.map((one) =>
                html`<li>${describe(one, scopeDescriptions)}</li>`
              )
            }</ul>`}</dd>
        </div>
      </dl>
      ${target.isLoopback
        ? html`
          <p
            class="note"><strong>The answer goes to a program on this computer.</strong> Approve only if you have just started to sign in from a program that runs here.</p>
        `
        : ""}<form method="post" action="${action}">
        <input type="hidden" name="state" value="${state}">
        <input type="hidden" name="form" value="${form}">
        <p class="soft">After you approve, ${provider} asks you to sign in.</p>
        <div class="buttons">
          <button class="main" name="decision" value="approve">Approve</button>
          <button name="decision" value="deny">Deny</button>
        </div>
      </form>
    `,
  );
}

/** Where a redirect URI leads, as a person knows it: a host, this computer, or an app by its scheme. */
export function destination(
  { protocol, hostname, port, isLoopback }: RedirectUri,
): string {
  const host = port === "" ? hostname : `${hostname}:${port}`;
  if (isLoopback) return `this computer (${host})`;
  return /^https?:$/.test(protocol)
    ? host
    : `the app that opens ${protocol}// links`;
}

function describe(
  scope: string,
  descriptions: Readonly<Record<string, string>>,
): string {
  return Object.hasOwn(descriptions, scope) ? descriptions[scope]! : scope;
}
