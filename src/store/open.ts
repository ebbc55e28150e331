// Opens the database, checks it and migrates it. Refuses a file that is damaged or not a babysit database.
import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
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

/** An error of a write is not damage. */
const LOOK_AT_DISK =
  'Check the free space and the errors (dmesg) of its disk, and the limit of file size (ulimit -f), then start the daemon again';

const BESIDE_TASKS =
  'The directory tasks/ next to it holds files of tasks. Nothing was changed. Restore it from a backup, or move tasks/ away to start with an empty database';

/** `mayBegin`: a database without tables may be filled. False next to files of tasks: the daemon never begins empty. */
export function openDatabase(path: string, library?: SqliteLibrary, mayBegin = true): Sqlite {
  const migrations = readMigrations();
  const isNew = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
  if (isNew && !mayBegin) throw new DatabaseUnusable(path, 'the database is missing', BESIDE_TASKS);
  let db: Sqlite | null = null;
  try {
    db = openSqlite(path, library === undefined ? {} : { library });
    if (!isNew) assertOurs(db, path, mayBegin);
    db.exec('PRAGMA journal_mode = WAL');
    // An acknowledged commit survives a power cut.
    db.exec('PRAGMA synchronous = FULL');
    db.exec('PRAGMA foreign_keys = ON');
    db.exec('PRAGMA wal_autocheckpoint = 1000');
    // 2 MB, SQLite's default. With better-sqlite3's default the page cache grows to 16 MB.
    db.exec('PRAGMA cache_size = -2000');
    db.function('sha256', { deterministic: true }, (text) => sha256(String(text)));
    // Copy the tables to the file itself: a copy of the file without its log is then never an empty database.
    if (migrate(db, path, migrations)) firstValue(db, 'PRAGMA wal_checkpoint(TRUNCATE)');
    assertComplete(db, path);
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof DatabaseUnusable) throw error;
    const { code, message } = error as { code?: unknown; message: string };
    const fix = /^SQLITE_(IOERR|FULL)/.test(String(code)) ? LOOK_AT_DISK : RESTORE;
    throw new DatabaseUnusable(path, `the database cannot be opened (${message})`, fix);
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

function assertOurs(db: Sqlite, path: string, mayBegin: boolean): void {
  const id = firstValue(db, 'PRAGMA application_id');
  const tables = firstValue(db, 'SELECT count(*) FROM sqlite_schema') as number;
  if (id !== APPLICATION_ID && (tables > 0 || id !== 0))
    throw new DatabaseUnusable(path, 'this is not a babysit database', 'Point BABYSIT_HOME elsewhere');
  if (tables === 0 && !mayBegin) throw new DatabaseUnusable(path, 'the database has no tables', BESIDE_TASKS);
  const check = firstValue(db, 'PRAGMA quick_check(1)');
  if (check !== 'ok') throw new DatabaseUnusable(path, `the database is damaged (${String(check)})`, RESTORE);
}

const TABLES = [
  ...['tasks', 'task_environments', 'environment_texts', 'events', 'leases', 'inbox'],
  ...['identity', 'removals', 'learned_runs', 'learning'],
];

function assertComplete(db: Sqlite, path: string): void {
  const tables = db
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
    .map(({ name }) => name);
  const missing = TABLES.filter((table) => !tables.includes(table));
  if (missing.length > 0)
    throw new DatabaseUnusable(path, `the database is damaged (no table ${missing.join(', ')})`, RESTORE);
}

/** Returns whether it changed the schema. */
function migrate(db: Sqlite, path: string, migrations: readonly string[]): boolean {
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
  return from < migrations.length;
}
