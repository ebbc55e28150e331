// Text that can hold any bytes: a byte that is not UTF-8 becomes one lone surrogate, U+DC80 to U+DCFF, as in PEP 383.
// JSON escapes lone surrogates, so the bytes of a caller pass through requests and the database unchanged.

/** Decodes UTF-8. `bytesOf` is the inverse for every input. */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  // The decoder of Node replaces each invalid sequence with U+FFFD.
  if (!text.includes('\ufffd')) return text;
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      parts.push(bytes.toString('utf8', start, at), String.fromCharCode(ESCAPE + byteAt(bytes, at)));
      start = at + 1;
    }
    at += length || 1;
  }
  return parts.join('') + bytes.toString('utf8', start);
}

/** The bytes that `textOf` has read. A lone surrogate that it does not make is encoded as U+FFFD. */
export function bytesOf(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts: Buffer[] = [];
  let start = 0;
  for (const { index } of text.matchAll(ESCAPED)) {
    parts.push(Buffer.from(text.slice(start, index)), Buffer.of(text.charCodeAt(index) - ESCAPE));
    start = index + 1;
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(start))]);
}

/** For functions of node:fs, which encode a text without regard to escaped bytes. */
export function pathOf(text: string): string | Buffer {
  return text.isWellFormed() ? text : bytesOf(text);
}

/** For output that must be valid Unicode: shows an escaped byte as `\xe9`. */
export function shownText(text: string): string {
  if (text.isWellFormed()) return text;
  return text.replace(ESCAPED, (one) => `\\x${(one.charCodeAt(0) - ESCAPE).toString(16)}`).toWellFormed();
}

const ESCAPE = 0xdc00;
/** With the flag u it does not match the second half of a pair. */
const ESCAPED = /[\udc80-\udcff]/gu;

function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0;
}

/** The length of the UTF-8 sequence at `at`; 0 if it is invalid. From table 3-7 of the Unicode Standard. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = byteAt(bytes, at);
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const second = byteAt(bytes, at + 1);
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (length === 0 || second < low || second > high) return 0;
  for (let next = 2; next < length; next++) if ((byteAt(bytes, at + next) & 0xc0) !== 0x80) return 0;
  return length;
}
