// The SQLite of Node behind the calls of better-sqlite3.
import type * as NodeSqlite from 'node:sqlite';
import type { Sqlite, Statement } from './sqlite.ts';

/** The primary result codes that callers and tests distinguish: https://www.sqlite.org/rescode.html */
const CODES: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB',
};

export function openByNode(path: string, timeoutMs: number): Sqlite {
  // Not imported: Node would load it, and warn that it is experimental, also where it is not used.
  const { DatabaseSync, backup } = process.getBuiltinModule('node:sqlite');
  const db = named(() => new DatabaseSync(path, { timeout: timeoutMs }));
  return {
    prepare: (sql) => prepare(named(() => db.prepare(sql))),
    exec: (sql) => named(() => db.exec(sql)),
    transaction: (body) => ({
      immediate(...args) {
        named(() => db.exec('BEGIN IMMEDIATE'));
        try {
          const result = body(...args);
          named(() => db.exec('COMMIT'));
          return result;
        } catch (error) {
          rollBack(db);
          throw error;
        }
      },
    }),
    function: (name, options, body) => db.function(name, options, body as (text: unknown) => Uint8Array),
    backup: async (target) => {
      // Node 22.14 has no backup yet; VACUUM INTO copies in one step.
      if (backup === undefined) named(() => db.prepare('VACUUM INTO ?').run(target));
      else await backup(db, target);
    },
    close: () => db.close(),
  };
}

function prepare<Parameters extends readonly unknown[], Row>(
  statement: NodeSqlite.StatementSync,
): Statement<Parameters, Row> {
  const bound = (parameters: Parameters) => parameters as unknown as NodeSqlite.SQLInputValue[];
  return {
    run: (...parameters) => named(() => statement.run(...bound(parameters))),
    get: (...parameters) => named(() => statement.get(...bound(parameters))) as Row | undefined,
    all: (...parameters) => named(() => statement.all(...bound(parameters))) as Row[],
  };
}

/** SQLite has rolled back by itself after some errors, such as a full disk. */
function rollBack(db: NodeSqlite.DatabaseSync): void {
  try {
    db.exec('ROLLBACK');
  } catch {
    // No transaction is active.
  }
}

/** Gives an error of SQLite the code that better-sqlite3 uses. */
function named<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    const { errcode } = error as { errcode?: number };
    if (errcode === undefined) throw error;
    throw Object.assign(error as Error, { code: CODES[errcode & 0xff] ?? 'SQLITE_ERROR' });
  }
}
