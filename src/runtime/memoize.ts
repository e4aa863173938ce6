/**
 * Memoization of functions whose result depends only on their argument.
 *
 * @module
 */

/**
 * `read`, with its last result cached. Most requests to a server have the same URL, and most tokens of an issuer the
 * same header and audience.
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

/** `read`, with its result cached for each object, as long as that object exists. */
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
