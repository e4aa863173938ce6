/**
 * Answers that are remembered, of functions that always answer the same.
 *
 * @module
 */

/**
 * `read`, with its last answer remembered: to most servers all requests have one URL, and an issuer writes one header
 * and one audience into most of its tokens.
 */
export function memoizeLast<T>(
  read: (text: string) => T,
): (text: string) => T {
  let last: { readonly text: string; readonly answer: T } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, answer: read(text) };
    return last.answer;
  };
}

/** `read`, with its answer about each object remembered for as long as there is the object. */
export function memoizeByObject<K extends object, T extends string | object>(
  read: (key: K) => T,
): (key: K) => T {
  const answers = new WeakMap<K, T>();
  return (key) => {
    let answer = answers.get(key);
    if (answer === undefined) answers.set(key, answer = read(key));
    return answer;
  };
}
