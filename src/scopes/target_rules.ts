/**
 * The rules of one method, looked up by the target of an operation.
 *
 * @module
 */

import { takesPatterns, targetsAreUris } from "../mcp/operation_targets.ts";
import {
  resolved,
  type ResourceUri,
  serialized,
} from "../mcp/resource_uris.ts";
import { isPattern, type NamePattern, namePattern } from "./name_patterns.ts";

/** The rules of one method. */
export interface TargetRules<Rule> {
  /** The rule `"*"` of the method, if it has one. */
  readonly others: readonly Rule[] | undefined;
  /**
   * The rules for a name. A listed name has its own rule. Otherwise the rules of all matching patterns apply; if none
   * matches, `others` apply.
   */
  forName(name: string, others: readonly Rule[]): readonly Rule[];
  /**
   * The rules for a URI. A caller must meet the rules for every way in which a server may read the URI. `others` apply
   * too, unless the URI is unambiguous and each form that a server may dispatch on is listed or covered by a pattern.
   */
  forUri(uri: ResourceUri, others: readonly Rule[]): readonly Rule[];
}

/**
 * Indexes the rules of one method.
 *
 * @throws {TypeError} If a pattern cannot be used.
 */
export function targetRules<Rule>(
  method: string,
  rules: readonly (readonly [name: string, rule: Rule])[],
): TargetRules<Rule> {
  const isUri = targetsAreUris(method);
  const listed = new Map<string, Rule[]>();
  const readings = new Map<string, Rule[]>();
  const patterns: (NamePattern & { readonly rule: Rule })[] = [];
  for (const [name, rule] of rules) {
    if (name === "*") continue;
    if (isPattern(name) && takesPatterns(method)) {
      patterns.push({ ...namePattern(method, name), rule });
      continue;
    }
    const forms = isUri ? [name, serialized(name)] : [name];
    for (const form of new Set(forms)) add(listed, form, rule);
    if (isUri) add(readings, resolved(name), rule);
  }
  const star = rules.find(([name]) => name === "*");

  return {
    others: star && [star[1]],
    forName(name, others): readonly Rule[] {
      const own = listed.get(name);
      if (own !== undefined || patterns.length === 0) return own ?? others;
      const matching = patterns.filter((pattern) => pattern.covers(name));
      return matching.length > 0 ? matching.map(({ rule }) => rule) : others;
    },
    forUri(uri, others): readonly Rule[] {
      const found = new Set<Rule>();
      let isCovered = !uri.isAmbiguous;
      let areListed = true;
      for (const form of uri.forms) {
        const own = listed.get(form);
        own?.forEach((rule) => found.add(rule));
        if (own !== undefined) continue;
        areListed = false;
        const possible = patterns.filter((pattern) => pattern.mayMatch(form));
        for (const { rule } of possible) found.add(rule);
        isCovered &&= possible.some((pattern) => pattern.covers(form));
      }
      const possible = areListed
        ? uri.readings
        : uri.readings.flatMap(withoutSlash);
      for (const reading of possible) {
        const own = readings.get(reading);
        own?.forEach((rule) => found.add(rule));
        // A listed name takes precedence over patterns here too.
        if (own !== undefined || areListed) continue;
        for (const pattern of patterns) {
          if (pattern.mayMatchReading(reading)) found.add(pattern.rule);
        }
      }
      if (!isCovered) others.forEach((rule) => found.add(rule));
      return [...found];
    },
  };
}

/** The URI, with and without its trailing slash, because some handlers ignore that slash. */
function withoutSlash(reading: string): string[] {
  return reading.endsWith("/") ? [reading, reading.slice(0, -1)] : [reading];
}

function add<Rule>(index: Map<string, Rule[]>, key: string, rule: Rule): void {
  index.set(key, [...index.get(key) ?? [], rule]);
}
