/**
 * Percent-encoding ({@link https://www.rfc-editor.org/rfc/rfc3986#section-2.1 | RFC 3986 §2.1}), as the most lenient
 * reader decodes it.
 *
 * @module
 */

const PERCENT = 0x25;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Decodes until no escape is left, in one pass: one pass for each level would take quadratic time on `%25252525…`. */
export function decodeEscapes(text: string): string {
  if (!text.includes("%")) return text;
  const bytes = encoder.encode(text);
  let length = 0;
  // What is decoded is written in front of what is still to be read.
  for (const byte of bytes) {
    bytes[length++] = byte;
    while (length >= 3 && bytes[length - 3] === PERCENT) {
      const high = hexValue(bytes[length - 2]!);
      const low = hexValue(bytes[length - 1]!);
      if (high < 0 || low < 0) break;
      length -= 2;
      bytes[length - 1] = high * 16 + low;
    }
  }
  return decoder.decode(bytes.subarray(0, length));
}

/** The value of a hexadecimal digit in ASCII, or -1. */
function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
