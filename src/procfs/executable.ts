// Whether this process may execute a file.
import { accessSync, constants, type PathLike } from 'node:fs';

export function isExecutable(file: PathLike): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
