// Opens SQLite by better-sqlite3, or by the module of Node where its addon cannot be loaded (an older C library).
import Database from 'better-sqlite3';
import { openByNode } from './node-sqlite.ts';

/** The calls that babysit makes. A statement takes its parameters by position, or one object with their names. */
export interface Sqlite {
  prepare<Parameters extends readonly unknown[], Row = unknown>(sql: string): Statement<Parameters, Row>;
  exec(sql: string): unknown;
  /** Returns a function that runs `body` in a transaction: BEGIN IMMEDIATE, then COMMIT, or ROLLBACK when it throws. */
  transaction<Args extends unknown[], Result>(
    body: (...args: Args) => Result,
  ): { immediate(...args: Args): Result };
  function(name: string, options: { deterministic: boolean }, body: (text: unknown) => Uint8Array): unknown;
  /** Writes a copy to a file, in steps. */
  backup(path: string): Promise<unknown>;
  close(): void;
}

export interface Statement<Parameters extends readonly unknown[], Row> {
  run(...parameters: Parameters): {
    readonly lastInsertRowid: number | bigint;
    readonly changes: number | bigint;
  };
  get(...parameters: Parameters): Row | undefined;
  all(...parameters: Parameters): Row[];
}

export const LIBRARIES = ['better-sqlite3', 'node:sqlite'] as const;
export type SqliteLibrary = (typeof LIBRARIES)[number];

const OPENERS: Readonly<Record<SqliteLibrary, (path: string, timeoutMs: number) => Sqlite>> = {
  'better-sqlite3': (path, timeoutMs) => new Database(path, { timeout: timeoutMs }) as unknown as Sqlite,
  'node:sqlite': openByNode,
};

/** How long a statement waits for a lock of another process. */
const LOCK_TIMEOUT_MS = 5000;

let fault: string | null | undefined;

/** Why the addon of better-sqlite3 cannot be loaded. Returns null when it can. */
export function addonFault(): string | null {
  if (fault !== undefined) return fault;
  try {
    new Database(':memory:').close();
    fault = null;
  } catch (error) {
    // The rest lists the modules that required it.
    fault = (error as Error).message.split('\n', 1)[0] ?? '';
  }
  return fault;
}

export function chooseLibrary(): SqliteLibrary {
  return addonFault() === null ? 'better-sqlite3' : 'node:sqlite';
}

/** Throws errors whose `code` is the name of SQLite's result code, such as SQLITE_BUSY. */
export function openSqlite(
  path: string,
  { timeoutMs = LOCK_TIMEOUT_MS, library = chooseLibrary() } = {},
): Sqlite {
  return OPENERS[library](path, timeoutMs);
}
