// The SQLite library that the tests of the store use. src/store/node-sqlite.test.ts runs them again with the other one.
import { LIBRARIES, type SqliteLibrary } from '../../src/store/sqlite.ts';

export const LIBRARY: SqliteLibrary =
  LIBRARIES.find((library) => library === process.env.SQLITE_LIBRARY_UNDER_TEST) ?? 'better-sqlite3';
