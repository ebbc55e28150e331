// A record of what used the host outside of all tasks, one JSON object a line, in two files of bounded size.
import { closeSync, fstatSync, renameSync, writeSync } from 'node:fs';
import { isFileError } from '../core/shortages.ts';
import { NotARegularFile, openRegular, readRegular } from '../files/regular-file.ts';
import { isJsonObject } from '../text/json.ts';
import { filledLines } from '../text/split.ts';

/** A full file becomes `.1`, which replaces the one before. About two days. */
const MAX_BYTES = 512 * 1024;

export interface Recorded {
  /** Epoch ms. */
  readonly at: number;
}

export class OutsideLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** A file that refuses it costs the record. */
  append(record: Recorded): void {
    orNull(() => {
      const fd = openRegular(this.#path, 'append');
      try {
        writeSync(fd, `${JSON.stringify(record)}\n`);
        if (fstatSync(fd).size > MAX_BYTES) renameSync(this.#path, `${this.#path}.1`);
      } finally {
        closeSync(fd);
      }
    });
  }

  /** Since a time in epoch ms, oldest first. Leaves out lines that are damaged. */
  read(since: number): Recorded[] {
    const texts = [`${this.#path}.1`, this.#path].map(
      (path) => orNull(() => readRegular(path, 'utf8')) ?? '',
    );
    return texts.flatMap(filledLines).flatMap((line) => {
      const record = parse(line);
      return record !== null && record.at >= since ? [record] : [];
    });
  }
}

function parse(line: string): Recorded | null {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) && typeof value.at === 'number' ? { ...value, at: value.at } : null;
  } catch {
    return null;
  }
}

function orNull<T>(use: () => T): T | null {
  try {
    return use();
  } catch (error) {
    if (!isFileError(error) && !(error instanceof NotARegularFile)) throw error;
    return null;
  }
}
