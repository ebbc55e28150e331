// Databases that open, and those that are refused and left unchanged.
// There is no test of a file without permission, because root, who may run the tests, has every permission.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { aTask, taskId } from '../../test/support/build/build-task.ts';
import { LIBRARY } from '../../test/support/sqlite-library.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { readMigrations } from './migrations.ts';
import { DatabaseUnusable, openDatabase } from './open.ts';
import type { Sqlite } from './sqlite.ts';
import { openStore } from './store.ts';

const root = tempDir({ after });
let count = 0;
let dir: string;
let path: string;
beforeEach(() => {
  count += 1;
  dir = join(root, String(count));
  mkdirSync(dir);
  path = join(dir, 'babysit.db');
});

/** A database with enough tasks to fill many pages. */
function fill(): void {
  const store = openStore(path, LIBRARY);
  const tasks = Array.from({ length: 300 }, (_, n) => aTask({ id: taskId(n), name: `task-${n}` }));
  store.commit({ tasks, environments: [], events: [], leases: [], droppedLeases: [], ownerUse: [] });
  store.close();
}

function pragmaOf(db: Sqlite, name: string): unknown {
  return db.prepare<[], Record<string, unknown>>(`PRAGMA ${name}`).get()?.[name];
}

function raw(sql: string): void {
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

function refuses(pattern: RegExp): void {
  assert.throws(
    () => openStore(path, LIBRARY).close(),
    (error) => {
      assert.ok(error instanceof DatabaseUnusable, `${(error as Error).name}: ${(error as Error).message}`);
      assert.ok(error.message.startsWith(`${path}: `), error.message);
      assert.match(error.message, pattern);
      return true;
    },
  );
}

describe('openDatabase', () => {
  it('creates one: with our id, the newest version, durable, with foreign keys', () => {
    const db = openDatabase(path, LIBRARY);
    const pragma = (name: string) => pragmaOf(db, name);
    assert.equal(pragma('application_id'), 0x42425354);
    assert.equal(pragma('user_version'), readMigrations().length);
    assert.equal(pragma('journal_mode'), 'wal');
    assert.equal(pragma('synchronous'), 2);
    assert.equal(pragma('foreign_keys'), 1);
    db.close();
  });

  it('creates one from an empty file', () => {
    writeFileSync(path, '');
    const db = openDatabase(path, LIBRARY);
    assert.equal(pragmaOf(db, 'user_version'), readMigrations().length);
    db.close();
  });

  it('opens its own again with all tasks', () => {
    fill();
    const store = openStore(path, LIBRARY);
    assert.equal(store.list({}).length, 300);
    store.close();
  });

  it('finishes a creation that was cut short before its first migration', () => {
    raw('PRAGMA application_id = 0x42425354');
    const db = openDatabase(path, LIBRARY);
    assert.equal(pragmaOf(db, 'user_version'), readMigrations().length);
    db.close();
  });
});

describe('openStore refuses', () => {
  it('a file that is not a database, and leaves it unchanged', () => {
    writeFileSync(path, 'my diary\n'.repeat(500));
    const before = readFileSync(path);
    refuses(/cannot be opened .*not a database.*backup/);
    assert.deepEqual(readFileSync(path), before);
  });

  it('the database of another program, and leaves it unchanged', () => {
    raw("CREATE TABLE tasks (title TEXT); INSERT INTO tasks VALUES ('milk')");
    const before = readFileSync(path);
    refuses(/not a babysit database.*BABYSIT_HOME/);
    assert.deepEqual(readFileSync(path), before);
  });

  it('the empty database of another program', () => {
    raw('PRAGMA application_id = 1234');
    refuses(/not a babysit database/);
  });

  it('one of a newer babysit, and leaves it unchanged', () => {
    fill();
    raw('PRAGMA user_version = 999');
    const before = readFileSync(path);
    refuses(/schema version 999/);
    assert.deepEqual(readFileSync(path), before);
  });

  it('one that was cut off', () => {
    fill();
    truncateSync(path, 3 * 4096);
    refuses(/damaged|malformed|cannot be opened/);
  });

  it('one with a page overwritten', () => {
    fill();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 2 * 4096, 6 * 4096);
    writeFileSync(path, bytes);
    refuses(/damaged|malformed/);
  });

  it('one without a table, with the file and a fix', () => {
    fill();
    raw('DROP TABLE events');
    refuses(/events.*backup/);
  });

  it('a directory', () => {
    mkdirSync(path);
    refuses(/cannot be opened/);
  });

  it('a path in a directory that does not exist', () => {
    path = join(dir, 'absent', 'babysit.db');
    refuses(/cannot be opened/);
  });
});

describe('a damaged row', () => {
  for (const [what, body] of [
    ['is not JSON', '{"id":'],
    ['lacks its state', '{"id":"x","name":"y"}'],
    ['has an unknown status', JSON.stringify({ ...aTask(), state: { status: 'sleeping' } })],
  ] as const)
    it(`that ${what} is reported with the id of its task`, () => {
      fill();
      raw(`UPDATE tasks SET body = '${body.replaceAll("'", "''")}' WHERE id = '${taskId(7)}'`);
      const store = openStore(path, LIBRARY);
      assert.throws(() => store.byId(taskId(7)), new RegExp(`task ${taskId(7)}: .*damaged`));
      assert.equal(store.byId(taskId(8))?.name, 'task-8');
      store.close();
    });
});
