// Writes the id of a submitted task into a file that survives a power cut, for `run --id_file`.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { BabysitError } from '../../src/core/errors.ts';

export interface IdFile {
  /** Resolves the file name to the id at once: a reader sees the whole id, or what was there before. */
  write(id: string): void;
  /** Call when nothing was submitted: the file stays as it was. */
  discard(): void;
}

/** Call before the submission, so that a file that cannot be written refuses it. Throws BabysitError usage. */
export function openIdFile(path: string): IdFile {
  const draft = `${path}.${process.pid}.new`;
  let fd: number;
  try {
    fd = openSync(draft, 'w', 0o644);
  } catch (error) {
    throw new BabysitError('usage', `--id_file: cannot write ${path}: ${(error as Error).message}`, {
      flag: '--id_file',
      hint: 'Give a file in a directory that exists and that you may write to.',
    });
  }
  return {
    write(id) {
      writeSync(fd, `${id}\n`);
      fsyncSync(fd);
      closeSync(fd);
      renameSync(draft, path);
      syncDirectory(dirname(path));
    },
    discard() {
      closeSync(fd);
      rmSync(draft, { force: true });
    },
  };
}

/** The new name is durable only with its directory. */
function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
