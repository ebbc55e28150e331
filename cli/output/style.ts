// The colors of a terminal by what they mean. A caller without color gets plain text.

const CODES = { good: 32, bad: 31, warning: 33, active: 36, heading: 1, faint: 2 } as const;
export type Meaning = keyof typeof CODES;

export function paint(text: string, meaning: Meaning, color: boolean): string {
  return color && text !== '' ? `\x1b[${CODES[meaning]}m${text}\x1b[0m` : text;
}

/** `####----`; `share` from 0 to 1. */
export function bar(share: number, width: number): string {
  const done = Math.round(Math.min(1, Math.max(0, share || 0)) * width);
  return '#'.repeat(done) + '-'.repeat(width - done);
}
