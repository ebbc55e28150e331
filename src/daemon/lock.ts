// One daemon per state directory. SQLite uses a file lock, which the kernel releases when the process ends.
import { openSqlite, type Sqlite } from '../store/sqlite.ts';

export interface Lock {
  release(): void;
}

/** Returns null when another daemon holds the lock. */
export function takeLock(path: string): Lock | null {
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
    );
  }
  const held = db;
  return { release: () => held.close() };
}
