// Recognizes a search for processes: by the pattern of `pgrep`, `pidof` or `ps … | grep`.
import { type Call, isProcessFilter } from '../poll/call.ts';

export interface Search {
  readonly call: Call;
  readonly pattern: string;
  /** The pattern is compared with whole command lines. */
  readonly isFull: boolean;
}

export function searchOf(call: Call): Search | null {
  const { name, texts, node, scope, element } = call;
  const words = texts.filter((text) => !text.startsWith('-'));
  const pattern = name === 'pgrep' ? words.at(-1) : words[0];
  if (pattern === undefined || pattern === '') return null;
  if (name === 'pidof') return { call, pattern, isFull: false };
  if (name === 'pgrep') return { call, pattern, isFull: hasFull(texts) };
  // A second filter finds no more than the first has found.
  const before = scope.source.text.slice(element.start, node.pos);
  const isSecond = /\bpgrep\b|\b(?:[ef]?grep|rg)\s+(?!-\w*v)/.test(before);
  return isProcessFilter(call) && !isSecond ? { call, pattern: plain(name, pattern), isFull: true } : null;
}

/** `awk '/node/ {print $2}'` searches for node. */
function plain(name: string, pattern: string): string {
  return name === 'awk' ? (/\/([^/]+)\//.exec(pattern)?.[1] ?? '') : pattern;
}

export function hasFull(texts: readonly string[]): boolean {
  return texts.some((text) => /^-\w*f/.test(text) || text === '--full');
}
