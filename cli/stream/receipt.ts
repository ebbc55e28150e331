// Keeps the end of a task in a file, for `exec --receipt`.
import { ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { BabysitError } from '../../src/core/errors.ts';
import { shellWord } from '../../src/text/shell.ts';
import type { Output } from '../output/output.ts';

export interface Receipt {
  /** Writes the whole end, or leaves the file empty and says why. */
  keep(end: object): void;
  /** Says why the file stays empty, and how to get the end. */
  miss(why: string, name: string): void;
}

/** Call before the command starts, so that a file that cannot be written refuses it. Throws BabysitError usage. */
export function openReceipt(path: string | undefined, output: Output): Receipt | null {
  if (path === undefined) return null;
  const fd = open(path);
  return {
    keep(end) {
      try {
        writeFileSync(fd, `${JSON.stringify(end)}\n`);
      } catch (error) {
        empty(fd);
        output.message(`babysit: cannot write the receipt ${path}: ${(error as Error).message}\n`);
      }
    },
    miss(why, name) {
      const again = `babysit wait ${name} --full >${shellWord(path)}`;
      output.message(`babysit: the receipt ${path} is empty: ${why}: ${again}\n`);
    },
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new BabysitError('usage', `--receipt: cannot write ${path}: ${(error as Error).message}`, {
      flag: '--receipt',
      hint: 'Give a file in a directory that exists and that you may write to.',
    });
  }
}

function empty(fd: number): void {
  try {
    ftruncateSync(fd);
  } catch {
    // A pipe or a device.
  }
}
