// The tests of the store again, on the SQLite of Node; and the choice between the two.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { chooseLibrary } from './sqlite.ts';

/** Node 22 runs TypeScript only when asked to. */
const STRIP = '--experimental-strip-types';
const ARGS = ['--no-warnings', ...process.execArgv.filter((argument) => argument === STRIP)];

it('passes the tests of the store on the SQLite of Node', () => {
  const files = ['open.test.ts', 'store.test.ts'].map((name) => join(import.meta.dirname, name));
  // Without NODE_TEST_CONTEXT, which the outer runner sets, the inner one reports by itself.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, SQLITE_LIBRARY_UNDER_TEST: 'node:sqlite' };
  const { status, stdout } = spawnSync(process.execPath, [...ARGS, '--test', ...files], {
    env,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
});

it('uses better-sqlite3 where its addon can be loaded', () => {
  assert.equal(chooseLibrary(), 'better-sqlite3');
});

it('uses the SQLite of Node, with the reason, where the addon cannot be loaded', (t) => {
  const dir = tempDir(t);
  const root = join(import.meta.dirname, '../..');
  mkdirSync(join(dir, 'node_modules'));
  cpSync(join(root, 'node_modules/better-sqlite3'), join(dir, 'node_modules/better-sqlite3'), {
    recursive: true,
    filter: (path) => !path.endsWith('/deps'),
  });
  rmSync(join(dir, 'node_modules/better-sqlite3/prebuilds'), { recursive: true });
  cpSync(join(root, 'src'), join(dir, 'src'), {
    recursive: true,
    filter: (path) => !path.endsWith('.test.ts'),
  });
  symlinkSync(join(root, 'package.json'), join(dir, 'package.json'));
  const code = `
    const { addonFault, openSqlite } = await import(${JSON.stringify(join(dir, 'src/store/sqlite.ts'))});
    const db = openSqlite(${JSON.stringify(join(dir, 'a.db'))});
    db.exec('CREATE TABLE t (a)');
    console.log(JSON.stringify([typeof addonFault(), db.prepare('SELECT count(*) AS n FROM t').get().n]));`;
  const stdout = execFileSync(process.execPath, [...ARGS, '--input-type=module', '-e', code], {
    encoding: 'utf8',
  });
  assert.deepEqual(JSON.parse(stdout), ['string', 0]);
});
