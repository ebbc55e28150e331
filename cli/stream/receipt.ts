// Keeps the end of a task in a file, for `exec --receipt`.
import { openSync, writeSync } from 'node:fs';
import { BabysitError } from '../../src/core/errors.ts';

export type Receipt = (end: object) => void;

/** Call before the command starts, so that a file that cannot be written refuses it. Throws BabysitError usage. */
export function openReceipt(path: string | undefined): Receipt | null {
  if (path === undefined) return null;
  try {
    const fd = openSync(path, 'w');
    return (end) => void writeSync(fd, `${JSON.stringify(end)}\n`);
  } catch (error) {
    throw new BabysitError('usage', `--receipt: cannot write ${path}: ${(error as Error).message}`, {
      flag: '--receipt',
      hint: 'Give a file in a directory that exists and that you may write to.',
    });
  }
}
