// One daemon per state directory. SQLite's file lock is the kernel's: it goes with the process, however that dies.
import Database from 'better-sqlite3';

export interface Lock {
  release(): void;
}

/** Null: another daemon holds it. */
export function takeLock(path: string): Lock | null {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    const { code, message } = error as { code?: string; message: string };
    if (code?.startsWith('SQLITE_BUSY')) return null;
    throw new Error(
      `${path}: the lock cannot be taken (${message}). Make the directory writable, with room on its disk`,
    );
  }
  const held = db;
  return { release: () => held.close() };
}
