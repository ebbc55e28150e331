// Opens the database, checks it and migrates it. Refuses a file that is damaged or not a babysit database.
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readMigrations } from './migrations.ts';
import { openSqlite, type Sqlite, type SqliteLibrary } from './sqlite.ts';

/** "BBST": detects a wrong path before the first write. */
const APPLICATION_ID = 0x42425354;

/** The message names the file and the fix. */
export class DatabaseUnusable extends Error {
  constructor(path: string, why: string, fix: string) {
    super(`${path}: ${why}. ${fix}`);
    this.name = 'DatabaseUnusable';
  }
}

const RESTORE =
  'Nothing was changed. Restore it from a backup, or move it and tasks/ away to start with an empty database';

export function openDatabase(path: string, library?: SqliteLibrary): Sqlite {
  const migrations = readMigrations();
  const isNew = !existsSync(path);
  let db: Sqlite | null = null;
  try {
    db = openSqlite(path, library === undefined ? {} : { library });
    if (!isNew) assertOurs(db, path);
    db.exec('PRAGMA journal_mode = WAL');
    // An acknowledged commit survives a power cut.
    db.exec('PRAGMA synchronous = FULL');
    db.exec('PRAGMA foreign_keys = ON');
    db.exec('PRAGMA wal_autocheckpoint = 1000');
    // 2 MB, SQLite's default. With better-sqlite3's default the page cache grows to 16 MB.
    db.exec('PRAGMA cache_size = -2000');
    db.function('sha256', { deterministic: true }, (text) => sha256(String(text)));
    migrate(db, path, migrations);
    assertComplete(db, path);
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof DatabaseUnusable) throw error;
    throw new DatabaseUnusable(path, `the database cannot be opened (${(error as Error).message})`, RESTORE);
  }
}

export function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** The first column of the first row. */
function firstValue(db: Sqlite, sql: string): unknown {
  const row = db.prepare<[], Record<string, unknown>>(sql).get();
  return row && Object.values(row)[0];
}

function assertOurs(db: Sqlite, path: string): void {
  const id = firstValue(db, 'PRAGMA application_id');
  const tables = firstValue(db, 'SELECT count(*) FROM sqlite_schema') as number;
  if (id !== APPLICATION_ID && (tables > 0 || id !== 0))
    throw new DatabaseUnusable(path, 'this is not a babysit database', 'Point BABYSIT_HOME elsewhere');
  const check = firstValue(db, 'PRAGMA quick_check(1)');
  if (check !== 'ok') throw new DatabaseUnusable(path, `the database is damaged (${String(check)})`, RESTORE);
}

function assertComplete(db: Sqlite, path: string): void {
  const tables = db
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
    .map(({ name }) => name);
  const missing = ['tasks', 'task_environments', 'environment_texts', 'events', 'leases', 'inbox'].filter(
    (table) => !tables.includes(table),
  );
  if (missing.length > 0)
    throw new DatabaseUnusable(path, `the database is damaged (no table ${missing.join(', ')})`, RESTORE);
}

function migrate(db: Sqlite, path: string, migrations: readonly string[]): void {
  const from = firstValue(db, 'PRAGMA user_version') as number;
  if (from > migrations.length)
    throw new DatabaseUnusable(
      path,
      `the database has schema version ${from}, this babysit supports ${migrations.length}`,
      'Install the newer babysit again',
    );
  for (const [index, sql] of migrations.entries()) {
    if (index < from) continue;
    db.transaction(() => {
      db.exec(sql);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    }).immediate();
  }
}
