/**
 * Markup in which a value is a value: whatever a server sent, it begins no element and ends no attribute.
 *
 * @module
 */

/** Markup: made by {@linkcode html} alone. */
export interface Html {
  readonly markup: string;
}

/** Writes markup. Every value is escaped, unless it is markup itself; lists are joined. */
export function html(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const parts = values.map((value) =>
    typeof value === "object"
      ? [value].flat().map(({ markup }) => markup).join("")
      : `${value}`.replace(
        /[&<>"'`=]/g,
        (character) => `&#${character.charCodeAt(0)};`,
      )
  );
  return { markup: String.raw({ raw: strings }, ...parts) };
}
