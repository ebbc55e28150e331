// Writes a file that the user has named, so that a reader sees the old content or the whole new one.
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface ReplacedFile {
  /** Call once. The content survives a power cut. */
  commit(text: string): void;
  /** The file stays as it was. */
  discard(): void;
}

/**
 * A link keeps leading to its file. What is not a file (/dev/null, /dev/stdout, a FIFO that has a reader) is written to:
 * a rename would remove it from the system. Throws file system errors, such as for a directory.
 */
export function openReplaced(path: string, mode?: number): ReplacedFile {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (path === '' || stat?.isDirectory())
    throw new Error(path === '' ? 'it has no name' : 'it is a directory');
  if (stat !== undefined && !stat.isFile()) return openSpecial(path);
  const target = stat === undefined ? path : realpathSync(path);
  const draft = `${target}.${process.pid}.new`;
  const fd = openSync(draft, 'w', 0o644);
  if (mode !== undefined) fchmodSync(fd, mode);
  const discard = (): void => {
    closeSync(fd);
    rmSync(draft, { force: true });
  };
  return {
    commit(text) {
      try {
        writeFileSync(fd, text);
        fsyncSync(fd);
      } catch (error) {
        discard();
        throw error;
      }
      closeSync(fd);
      renameSync(draft, target);
      syncDirectory(dirname(target));
    },
    discard,
  };
}

function openSpecial(path: string): ReplacedFile {
  // A FIFO without a reader is refused; a reader that is slow is waited for.
  const probe = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  const fd = openSync(path, constants.O_WRONLY | constants.O_NOCTTY);
  closeSync(probe);
  return {
    commit(text) {
      writeFileSync(fd, text);
      closeSync(fd);
    },
    discard: () => closeSync(fd),
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
