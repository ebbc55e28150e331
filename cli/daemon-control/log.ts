// Reads the last log lines of a daemon that did not start.
import { statSync } from 'node:fs';
import { tailText } from '../../src/logs/tail.ts';
import { isJsonObject, parseJson } from '../../src/text/json.ts';

const TAIL_MAX_BYTES = 8 * 1024;
const TAIL_LINES = 5;

/** The current size of the log. A later daemon writes after this position. */
export function logEnd(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Returns the last lines after `from`; of a JSON line only its messages. */
export function logTail(path: string, from: number): string[] {
  return tailText(path, TAIL_MAX_BYTES, from)
    .split('\n')
    .map(messageOf)
    .filter((line) => line !== '')
    .slice(-TAIL_LINES);
}

function messageOf(line: string): string {
  const { value: entry } = parseJson(line);
  if (!isJsonObject(entry)) return line.trim();
  const { msg, err } = entry;
  const words = [msg, isJsonObject(err) ? err.message : null];
  return words.filter((part) => typeof part === 'string').join(': ');
}
