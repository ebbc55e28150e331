// What an attempt takes from records that cannot be read.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { GONE_RECORDS } from '../../../test/support/build/build-task.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { openDriver } from '../../cgroups/open.ts';
import type { TaskId } from '../../core/task.ts';
import { LocalSupervision } from '../../engines/local/supervision.ts';
import { RecordsUnreadable } from '../../exec/records.ts';
import { LiveAttempt } from './live-attempt.ts';
import { attemptPaths } from './paths.ts';

/** An attempt whose supervisor has ended, and that has read `claim`. */
function ended(t: TestContext, claim: string) {
  const { driver, close } = openDriver({ tag: `records-${process.pid}`, want: 'none' });
  const paths = attemptPaths(tempDir(t, close), 't' as TaskId, 1);
  mkdirSync(paths.dir, { recursive: true });
  const group = driver.create('t', { memMaxBytes: 1, cpuMaxCores: 1, cpuWeight: 100, pidsMax: 1 });
  const supervision = new LocalSupervision(paths.dir, group);
  const live = new LiveAttempt('t' as TaskId, paths, { usesHost: true }, { group, supervision }, () => {});
  const path = join(paths.dir, 'claim');
  const write = (text: string) => writeFileSync(path, text);
  write(claim);
  live.records();
  rmSync(path);
  return { live, write };
}

it('an attempt waits for records that cannot be read once', (t) => {
  const { live, write } = ended(t, GONE_RECORDS);
  assert.throws(() => live.records(), RecordsUnreadable);
  assert.throws(() => live.records(), RecordsUnreadable);
  write(`${GONE_RECORDS}exit 2.0 3\nclosed 2.0\n`);
  const { isOver, exit } = live.records();
  assert.deepEqual([isOver, exit?.code], [true, 3]);
});

it('an attempt is over when its command has removed its records', (t) => {
  const { live } = ended(t, GONE_RECORDS);
  for (let read = 1; read < 3; read += 1) assert.throws(() => live.records(), RecordsUnreadable);
  const { isOver, exit } = live.records();
  assert.deepEqual([isOver, exit], [true, null]);
});

it('an attempt keeps the exit that it has read', (t) => {
  const { live } = ended(t, `${GONE_RECORDS}exit 2.0 3\n`);
  for (let read = 1; read < 3; read += 1) assert.throws(() => live.records(), RecordsUnreadable);
  assert.equal(live.records().exit?.code, 3);
});

it('a later attempt has more time to begin', (t) => {
  const { live } = ended(t, GONE_RECORDS);
  const start = { monoMs: 1_000, wallMs: 0 };
  const after = (seconds: number) => ({ ...start, monoMs: start.monoMs + seconds * 1_000 });
  live.awaitStart(start, { number: 1 });
  assert.deepEqual([live.isOverdue(after(120)), live.isOverdue(after(121))], [false, true]);
  live.awaitStart(start, { number: 3 });
  assert.deepEqual([live.isOverdue(after(360)), live.isOverdue(after(361))], [false, true]);
});
