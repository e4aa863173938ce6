/**
 * The last answer of what is asked the same again and again.
 *
 * @module
 */

/**
 * `read`, with its last answer remembered: to most servers all requests have one URL, and an issuer writes one header
 * and one audience into most of its tokens.
 */
export function rememberLast<T>(
  read: (text: string) => T,
): (text: string) => T {
  let last: { readonly text: string; readonly answer: T } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, answer: read(text) };
    return last.answer;
  };
}
