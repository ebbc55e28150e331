// Makes the client of a network file system ask the server about the files of a directory.
import { opendirSync } from 'node:fs';

export function lookAgain(dir: string): void {
  try {
    opendirSync(dir).closeSync();
  } catch {
    // The directory is gone: its files are, too.
  }
}
