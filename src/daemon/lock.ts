// One daemon per state directory. SQLite uses a file lock, which the kernel releases when the process ends.
import { rmSync, truncateSync } from 'node:fs';
import { openSqlite, type Sqlite } from '../store/sqlite.ts';

export interface Lock {
  release(): void;
}

/** Returns null when another daemon holds the lock. */
export function takeLock(path: string): Lock | null {
  try {
    return hold(path);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    // A lock that is held is busy before it is read. Nothing is stored in the file; its inode stays, which is the lock.
    truncateSync(path);
    rmSync(`${path}-journal`, { force: true });
    return hold(path);
  }
}

function isDamaged(error: unknown): boolean {
  const { code } = (error as Error).cause as { code?: unknown };
  return code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT';
}

function hold(path: string): Lock | null {
  let db: Sqlite | null = null;
  try {
    db = openSqlite(path, { timeoutMs: 0 });
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    const { code, message } = error as { code?: string; message: string };
    if (code?.startsWith('SQLITE_BUSY')) return null;
    throw new Error(
      `${path}: cannot take the lock (${message}). Make the directory writable and free some disk space`,
      { cause: error },
    );
  }
  const held = db;
  return { release: () => held.close() };
}
