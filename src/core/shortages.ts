// What a host runs out of for a while, by the error code. A start that fails for it is repeated, not counted as a failure.

const SHORTAGES: Readonly<Record<string, string>> = {
  ENOSPC: 'disk space or inodes',
  EDQUOT: 'disk quota',
  EMFILE: 'file descriptors',
  ENFILE: 'file descriptors',
  ENOMEM: 'memory',
  EAGAIN: 'processes',
  EIO: 'a working disk',
  EROFS: 'a writable disk',
  SQLITE_FULL: 'disk space or inodes',
  SQLITE_BUSY: 'access to the database',
  SQLITE_CANTOPEN: 'file descriptors',
  // A read that failed at the wrong moment can report this, too. A daemon refuses to start with a damaged database.
  SQLITE_CORRUPT: 'a readable database',
};

/** An error of the file system or of a driver. In a sample it is a missing value, not a fault of the daemon. */
export function isFileError(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === 'string';
}

/** Returns null for an error that does not pass by waiting. */
export function shortageOf(error: unknown): string | null {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return null;
  return SHORTAGES[code] ?? (code.startsWith('SQLITE_IOERR') ? 'a working disk' : null);
}
