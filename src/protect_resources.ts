/**
 * Several resources on one origin.
 *
 * @module
 */

import { canonicalIdentifier } from "./runtime/identifiers.ts";
import type { ProtectedResourceOptions } from "./options.ts";
import {
  aFunction,
  checkOptions,
  type OptionShape,
} from "./runtime/option_checks.ts";
import { handleOrigin, type Resource } from "./router.ts";
import { resourceOf } from "./protect_resource.ts";
import type { Handler, ProtectedHandler } from "./types.ts";

/** One of several resources: the arguments of {@linkcode protectResource}, without `otherwise`. */
export type ProtectedResource = readonly [
  handler: ProtectedHandler,
  options: Omit<ProtectedResourceOptions, "otherwise">,
];

/** Options of {@linkcode protectResources}, for all its resources. */
export interface ProtectedResourcesOptions {
  /** Answers requests to paths outside the resources. Default: a JSON 404. */
  readonly otherwise?: Handler | undefined;
}

const SHAPE: OptionShape<ProtectedResourcesOptions> = {
  members: { otherwise: aFunction },
};

/**
 * Adds OAuth to several handlers on one origin, as {@linkcode protectResource} does to one. Each has its own path,
 * metadata and tokens. A path below two of them belongs to the one with the longer path. The metadata at the origin's root
 * is that of the resource at the root, if there is one; the issuer's metadata is mirrored there if all resources mirror the
 * same issuer. Resources with the same `platform` read an issuer's metadata and keys once. A token of one resource is
 * rejected by the others, unless `issuers` gives both the same `audience`.
 *
 * @example Two MCP servers
 * ```ts
 * import { protectResources } from "@gatehouse/mcp-auth";
 *
 * const authorization_servers = ["https://auth.example.com"];
 *
 * export default {
 *   fetch: protectResources([
 *     [() => new Response("Notes"), {
 *       metadata: { resource: "https://example.com/notes", authorization_servers },
 *     }],
 *     [() => new Response("Dates"), {
 *       metadata: { resource: "https://example.com/dates", authorization_servers },
 *     }],
 *   ]),
 * };
 * ```
 *
 * @throws {TypeError} If an option cannot be used, or two resources cannot be told apart: by their identifiers, by their
 *   paths as a lenient router would read them, or by their origins, where one of them has no `path`.
 */
export function protectResources(
  resources: readonly ProtectedResource[],
  options: ProtectedResourcesOptions = {},
): Handler {
  if (!Array.isArray(resources) || resources.length === 0) {
    throw new TypeError("Cannot use resources: list at least one");
  }
  if (resources.some((each: unknown) => !Array.isArray(each))) {
    throw new TypeError(
      "Cannot use resources: write each as [handler, options]",
    );
  }
  checkOptions(options, "", SHAPE);
  const all = resources.map(([handler, options]) =>
    resourceOf(handler, options)
  );
  // One resource's `otherwise`, from options that they share, would be ignored.
  for (const [, options] of resources) {
    if ((options as ProtectedResourceOptions).otherwise === undefined) continue;
    throw new TypeError(
      "Cannot use otherwise: pass it in the options of protectResources",
    );
  }
  checkOrigins(resources);
  all.forEach((resource, i) => {
    for (const other of all.slice(i + 1)) checkApart(resource, other);
  });
  return handleOrigin(all, options.otherwise);
}

/** A request's Host is not trusted, so that only paths distinguish resources. */
function checkOrigins(resources: readonly ProtectedResource[]): void {
  const origins = resources.map(([, { metadata }]) =>
    new URL(metadata.resource).origin
  );
  if (
    new Set(origins).size > 1 &&
    resources.some(([, { path }]) => path === undefined)
  ) {
    throw new TypeError(
      `Cannot use resources of different origins, ${
        [...new Set(origins)].join(", ")
      }: give each the path where it is mounted`,
    );
  }
}

function checkApart(one: Resource, other: Resource): void {
  const [name, otherName] = [identifierOf(one), identifierOf(other)];
  if (bare(name) === bare(otherName)) {
    throw new TypeError(
      `Cannot use resources ${name} and ${otherName}: give each its own identifier`,
    );
  }
  const [path, otherPath] = [bare(one.path), bare(other.path)];
  if (
    path === otherPath || one.place(otherPath) === "lookalike" ||
    other.place(path) === "lookalike"
  ) {
    throw new TypeError(
      `Cannot use resources ${name} and ${otherName}: give them paths that no router can confuse`,
    );
  }
}

function identifierOf({ documents }: Resource): string {
  return canonicalIdentifier(documents.metadata.resource);
}

/** Without the slash at the end, which routers ignore. */
function bare(identifier: string): string {
  return identifier.replace(/\/$/, "");
}
