// Writes the id of a submitted task into a file that survives a power cut, for `run --id_file`.
import { BabysitError } from '../../src/core/errors.ts';
import { openReplaced } from '../output/replaced-file.ts';

export interface IdFile {
  /** Resolves the file name to the id at once: a reader sees the whole id, or what was there before. */
  write(id: string): void;
  /** Call when nothing was submitted: the file stays as it was. */
  discard(): void;
}

/** Call before the submission, so that a file that cannot be written refuses it. Throws BabysitError usage. */
export function openIdFile(path: string): IdFile {
  try {
    const file = openReplaced(path);
    return { write: (id) => file.commit(`${id}\n`), discard: file.discard };
  } catch (error) {
    throw new BabysitError('usage', `--id_file: cannot write ${path}: ${(error as Error).message}`, {
      flag: '--id_file',
      hint: 'Give a file in a directory that exists and that you may write to.',
    });
  }
}
