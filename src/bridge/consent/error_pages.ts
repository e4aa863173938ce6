/**
 * What a person sees where the flow cannot go on. The words are constants: nothing of a request or of the provider is
 * repeated, but for the host of a redirect URI.
 *
 * @module
 */

import type { Context } from "hono";
import { html } from "hono/html";
import type { RedirectUri } from "../clients/redirect_uri.ts";
import type { OAuthError } from "../oauth_error.ts";
import { destination } from "./consent_page.ts";
import { type PageStatus, sendPage } from "./page.ts";

/** An error that a person meets. */
export type PageError =
  | "bad_request"
  | "unknown_client"
  | "bad_redirect_uri"
  | "forged_form"
  | "no_transaction"
  | "provider_unreachable";

interface ErrorPage {
  readonly status: PageStatus;
  readonly title: string;
  readonly text: readonly string[];
}

const PAGES: Readonly<Record<PageError, ErrorPage>> = {
  bad_request: {
    status: 400,
    title: "This link cannot be used",
    text: [
      "The application sent you here with a request that is incomplete or too long.",
      "Go back to the application and start again. If it happens again, tell its makers.",
    ],
  },
  unknown_client: {
    status: 400,
    title: "This application is not known here",
    text: [
      "Its registration was made for another server or with a secret that is no longer in use, or its description cannot be read.",
      "Remove this server from the application and add it again: it then registers anew.",
    ],
  },
  bad_redirect_uri: {
    status: 400,
    title: "This link leads to the wrong place",
    text: [
      "It would send your answer to an address that the application did not register, so you were not sent there.",
      "Go back to the application and start again. If somebody sent you the link, do not use it.",
    ],
  },
  forged_form: {
    status: 403,
    title: "This answer was not accepted",
    text: [
      "It did not come from the page that asked you, or the page was open for more than ten minutes.",
      "Go back to the application and start again.",
    ],
  },
  no_transaction: {
    status: 400,
    title: "This sign-in cannot be finished",
    text: [
      "This browser does not know of it. It may have taken more than ten minutes, may have been finished before, or may have been started in another browser, a private window or under another address of this server; or this browser does not accept cookies.",
      "Go back to the application and start again.",
    ],
  },
  provider_unreachable: {
    status: 503,
    title: "Signing in is not possible right now",
    text: [
      "The service that signs you in cannot be reached. Nothing is lost.",
      "Wait a moment and load this page again.",
    ],
  },
};

/** Says what went wrong. */
export async function sendErrorPage(
  c: Context,
  error: PageError,
): Promise<Response> {
  const { status, title, text } = PAGES[error];
  const page = await sendPage(
    c,
    status,
    title,
    html`<h1>${title}</h1>${text.map((line) => html`<p>${line}</p>`)}`,
  );
  if (status === 503) page.headers.set("retry-after", "5");
  return page;
}

/** Says what a client did wrong, where sending the browser back to it could serve a stranger's link. */
export function sendRequestErrorPage(
  c: Context,
  { code, message }: OAuthError,
  target: RedirectUri,
): Promise<Response> {
  const { title } = PAGES.bad_request;
  return sendPage(
    c,
    400,
    title,
    html`<h1>${title}</h1>
<p>The application sent you here with a request that cannot be answered: <code>${code}</code>. ${message}.</p>
<p>The answer would go to <strong>${
      destination(target)
    }</strong>. You were not sent there, since anybody can make such a link.</p>`,
  );
}
