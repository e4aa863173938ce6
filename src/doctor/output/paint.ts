/**
 * Colours and line breaks, for a terminal.
 *
 * @module
 */

/** Styles a string. */
export type Paint = (text: string, style: keyof typeof STYLES) => string;

const STYLES = {
  bold: "bold",
  dim: "dim",
  error: "red",
  warning: "yellow",
  note: "cyan",
  good: "green",
} as const;

/** The parts of `node:util` that are used. Node, Deno and Bun all have them. */
interface WithUtil {
  readonly process?: {
    getBuiltinModule?(name: "node:util"): {
      styleText(
        style: string,
        text: string,
        options: { readonly validateStream: false },
      ): string;
    } | undefined;
  };
}

/** Paints for a terminal, or not at all. */
export function painter(colors: "ansi" | "none"): Paint {
  const util = (globalThis as WithUtil).process?.getBuiltinModule?.(
    "node:util",
  );
  return (text, style) =>
    colors === "none" || util === undefined
      ? text
      // The caller decides whether there are colours.
      : util.styleText(STYLES[style], text, { validateStream: false });
}

/** Breaks a string at spaces. A word that is longer than a line is not broken. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) {
      lines.push(word);
    } else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
