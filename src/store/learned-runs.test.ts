// What is learned survives on disk, under hashes, within bounds.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { aRun } from '../../test/support/rigs/learned-runs.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { RUNS_MAX } from '../estimates/estimator.ts';
import { openLearnedRuns } from './learned-runs.ts';
import { openDatabase } from './open.ts';
import { packRuns, unpackRuns } from './run-codec.ts';
import type { Sqlite } from './sqlite.ts';

const command = (line: string) => ({ kind: 'shell', line }) as const;

it('packs runs into 12 bytes and reads them back', () => {
  const runs = [
    aRun({ timeMs: 1_500, memBytes: 300 * 1024 ** 2, cpuCores: 0.5, declaredCores: 8 }),
    aRun({ isTimeCut: true, memKind: 'cap', memBytes: null, cpuCores: null, declaredCores: 0.25 }),
    aRun({ memKind: 'bound', isTimeCut: true }),
  ];
  const bytes = packRuns(runs);
  assert.equal(bytes.byteLength, 36);
  assert.deepEqual(unpackRuns(bytes), runs);
  assert.deepEqual(unpackRuns(bytes.subarray(0, 35)), runs.slice(0, 2));
});

describe('what was learned', () => {
  let db: Sqlite;
  const dir = tempDir({ after }, () => db.close());
  before(() => {
    db = openDatabase(join(dir, 'a.db'));
  });

  it('is found at each level, in the order of the ends, at most the last 50', () => {
    const learned = openLearnedRuns(db);
    for (let n = 1; n <= RUNS_MAX + 5; n++)
      learned.put({
        project: '/p',
        command: command(`make part${n} -j${n}`),
        run: aRun({ timeMs: 1000 * n }),
      });
    const { exact, shape, subcommand, elsewhere } = learned.history('/p', command('nice make part7 -j7'));
    assert.deepEqual(
      exact.map(({ timeMs }) => timeMs),
      [7000],
    );
    assert.deepEqual([shape.length, shape[0]?.timeMs, shape.at(-1)?.timeMs], [50, 6000, 55_000]);
    assert.equal(subcommand.length, 1);
    assert.equal(elsewhere.length, 1);
    assert.equal(learned.history('/other', command('make part7')).elsewhere.length, 1);
    assert.equal(learned.history('/other', command('make part7')).subcommand.length, 0);
  });

  it('can be forgotten', () => {
    const learned = openLearnedRuns(db);
    assert.equal(learned.forget('/p', command('make part7 -j7')), 4);
    assert.equal(learned.forget('/p', command('make part7 -j7')), 0);
    assert.deepEqual(learned.history('/p', command('make part7 -j7')).shape, []);
  });

  it('names no command and no project on disk', () => {
    openLearnedRuns(db).put({
      project: '/secret-project',
      command: command('secret-program secret-verb'),
      run: aRun(),
    });
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    assert.equal(readFileSync(join(dir, 'a.db')).includes('secret'), false);
  });

  it('drops the keys that were learned longest ago when there are too many', () => {
    const learned = openLearnedRuns(db, 100);
    for (let n = 0; n < 60; n++)
      learned.put({ project: '/q', command: command(`prog${'x'.repeat(n)}`), run: aRun() });
    const count = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM learned_runs').get()?.n ?? 0;
    assert.ok(count <= 104 && count > 80, `${count}`);
    assert.equal(learned.history('/q', command('prog')).exact.length, 0);
    assert.equal(learned.history('/q', command(`prog${'x'.repeat(59)}`)).exact.length, 1);
  });

  it('stays within 100 MB with 100 000 keys of 50 runs each', () => {
    const full = openDatabase(join(dir, 'full.db'));
    const body = packRuns(Array.from({ length: RUNS_MAX }, () => aRun()));
    const put = full.prepare<[number, number, Uint8Array]>('INSERT INTO learned_runs VALUES (?, ?, ?)');
    const keys = 2_000;
    full
      .transaction(() => {
        // Hashes come in no order.
        for (let n = 1; n <= keys; n++) put.run((n * 2_654_435_761) % 2 ** 32, n, body);
      })
      .immediate();
    full.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    full.close();
    const { size: empty } = statSync(join(dir, 'a.db'));
    const { size } = statSync(join(dir, 'full.db'));
    const perKey = (size - Math.min(size, empty)) / keys;
    assert.ok(100_000 * perKey < 100e6, `${perKey} bytes a key`);
  });

  it('continues after the database was opened again', () => {
    const line = command('continue work');
    openLearnedRuns(db).put({ project: '/p', command: line, run: aRun({ timeMs: 1000 }) });
    openLearnedRuns(db).put({ project: '/p', command: line, run: aRun({ timeMs: 2000 }) });
    assert.deepEqual(
      openLearnedRuns(db)
        .history('/p', line)
        .exact.map(({ timeMs }) => timeMs),
      [1000, 2000],
    );
  });
});
