// One daemon per state directory. SQLite's file lock is the kernel's: it goes with the process, however that dies.
import Database from 'better-sqlite3';

export interface Lock {
  release(): void;
}

/** Null: another daemon holds it. */
export function takeLock(path: string): Lock | null {
  const db = new Database(path, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
  return { release: () => db.close() };
}
