// The tables of commands: those that poll, with the command to run instead, and those that may run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../../hooks/verdict.ts';
import { filledLines } from '../../src/text/split.ts';

export interface Case {
  readonly kind: string;
  readonly command: string;
  /** Absent: the command may run. */
  readonly advice?: string;
}

/** A command of any kind, judged for the tasks in surroundings.ts. */
export interface VerdictCase extends Case {
  /** In the background of the harness. */
  readonly background?: boolean;
  readonly because?: Verdict['because'];
}

export const BLOCKED: readonly (Case & { readonly advice: string })[] = readCases('blocked');
export const PASSED: readonly Case[] = readCases('passed');
export const VERDICTS: readonly VerdictCase[] = readCases('verdicts');

function readCases<T>(name: string): T[] {
  const text = readFileSync(join(import.meta.dirname, 'cases', `${name}.jsonl`), 'utf8');
  return filledLines(text).map((line) => JSON.parse(line) as T);
}
