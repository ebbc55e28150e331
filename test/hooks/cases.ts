// The tables of commands: those that poll, with the command to run instead, and those that may run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filledLines } from '../../src/text/split.ts';

export interface Case {
  readonly kind: string;
  readonly command: string;
  /** Absent: the command may run. */
  readonly advice?: string;
}

export const BLOCKED = readCases('blocked');
export const PASSED = readCases('passed');

function readCases(name: string): (Case & { readonly advice: string })[] {
  const text = readFileSync(join(import.meta.dirname, 'cases', `${name}.jsonl`), 'utf8');
  return filledLines(text).map((line) => JSON.parse(line));
}
