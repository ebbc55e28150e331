// Makes the client of a network file system ask the server about the files of an attempt.
import { opendirSync } from 'node:fs';
import { dirname } from 'node:path';

/** `dir`: that of the records. The log, the use and the signals are files next to it. */
export function lookAgain(dir: string): void {
  for (const each of [dir, dirname(dir)])
    try {
      opendirSync(each).closeSync();
    } catch {
      // The directory is gone: its files are, too.
    }
}
